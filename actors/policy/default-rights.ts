import type { RightLine } from '#events/policy.facts.ts'

import { linesOf, parseRights } from '#actors/policy/rights.ts'

/**
 * The rights of a site that has set none: members do everything with what is theirs, siteops
 * (glFTPd's flag 1) everything there is. The first line of a right whose pattern fits decides,
 * and in it the first item that fits; what no line is about is denied.
 */
export const DEFAULT_RIGHTS_TEXT = `\
# What lies below /private is seen by siteops and administrators alone: to others it is not there.
privpath /private 1 @administrator

# Everybody looks, fetches and brings, everywhere that can be seen.
list /* *
download /* *
upload /* *
makedir /* *

# An upload that broke off can be gone on with; what is there is replaced by siteops alone.
resume /* *
overwrite /* 1

# What a member has brought is the member's to delete and rename, and siteops' too.
deleteown /* *
renameown /* *
delete /* 1
rename /* 1

# To move files from one directory to another, to change their modes, to publish for a group.
filemove /* 1
chmod /* 1
pre /* 1

# Flag A nukes, B takes a nuke back, C takes names out of the duplicates; siteops wipe.
nuke /* 1 A
unnuke /* 1 B
undupe /* 1 C
wipe /* 1

# New directories are found by a search; everybody may ask for what is missing.
dirlog /* *
request /* *

# What tells of a release costs nothing.
freefile *.nfo *
freefile *.sfv *
freefile *.diz *

# Nobody is hidden, and all transfers count: hideinwho and nostats have no line.

# Flag 7 edits users; groups and these rights are for siteops and administrators.
administer-accounts - 1 7 @administrator
administer-groups - 1 @administrator
administer-rights - 1 @administrator

# Flag G gives credits, F takes them.
give - 1 G @administrator
take - 1 F @administrator

# Flag D ends a member's sessions, E one session; to ban is for those with a role.
kick - 1 D @moderator
kill - 1 E @moderator
ban - 1 @moderator

# Flag H sees the records of other members.
see-users - 1 7 H @moderator

# The group AUDITORS reads all of history, and the figures; addresses are personal.
audit - 1 =AUDITORS @administrator
metrics - 1 =AUDITORS @administrator
see-addresses - 1 @administrator

# Who has files sent between this site and another one, as far as the setting ftp_fxp lets anybody;
# all of that is logged.
fxp-upload - *
fxp-download - *
fxp-log - *

# Everybody writes to others, siteops to all at once.
message - *
message-all - 1 @moderator

# TLS is demanded of nobody: require-tls, require-tls-listing and require-tls-data have no line.
`

export const DEFAULT_RIGHTS: readonly RightLine[] = parseRights(linesOf(DEFAULT_RIGHTS_TEXT))
