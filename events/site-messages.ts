/** Texts of the operator that members are greeted with in a directory. */
export interface SiteMessages {
  /**
   * The text for a section, or for the top with `root`; undefined when there is none. What has
   * changed is noticed within seconds.
   */
  read(name: string): Promise<string | undefined>
}
