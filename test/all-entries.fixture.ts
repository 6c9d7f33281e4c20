import { type Vault, VAULT_LIMITS, type VaultEntry } from '#events/vault.ts'

/** Every entry whose key begins with `prefix`, read in pages. What is written meanwhile may be missed. */
export async function allEntries(vault: Vault, prefix = ''): Promise<VaultEntry[]> {
  const entries: VaultEntry[] = []
  for (let after: string | undefined; ;) {
    const page = await vault.entries(prefix, after === undefined ? {} : { after })
    entries.push(...page)
    if (page.length < VAULT_LIMITS.batch) return entries
    after = page.at(-1)!.key
  }
}
