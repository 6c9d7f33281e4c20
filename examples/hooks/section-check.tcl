#!/usr/bin/env tclsh
# Refuses names that do not fit their section: of releases as a pre_dir_check, of files as a
# pre_check. In hooks.toml:
#
#   [[pre_dir_check]]
#   path = "/usr/local/lib/veza/section-check.tcl"
#
#   [[pre_check]]
#   path = "/usr/local/lib/veza/section-check.tcl"
#
# glFTPd's arguments: what is to be made, and the directory where. exit 0 lets it be made, any
# other code refuses it; what is written is shown to the client.

# Of each section: what a release must look like, and which files it takes.
array set releases {
    mp3       {^[A-Za-z0-9_().-]+-(19|20)\d\d-[A-Za-z0-9]+$}
    games     {^[A-Za-z0-9._-]+-[A-Za-z0-9]+$}
    incoming  {^[A-Za-z0-9._()-]+$}
}
array set files {
    mp3       {mp3 sfv nfo m3u jpg log cue}
    games     {rar r[0-9][0-9] s[0-9][0-9] zip sfv nfo diz}
}
# Everywhere: what other sites have thrown out, and directories that are no releases.
set banned {^(\[?nuked|\(?incomplete)}
set parts  {^(cd|dvd|disc|disk)\d+$|^(sample|subs?|proof|covers?)$}

proc refuse {words} {
    puts $words
    exit 2
}

lassign $argv name directory
if {$name eq "" || $directory eq ""} {
    puts stderr "usage: section-check.tcl <name> <directory>"
    exit 127
}
set section [expr {[info exists env(SECTION)] ? $env(SECTION) : [lindex [split $directory /] 1]}]
set depth [llength [lsearch -all -inline -not [split $directory /] {}]]
set isDirectory [expr {[info exists env(VEZA_EVENT)] && $env(VEZA_EVENT) eq "directory.before"}]

if {[regexp -nocase -- $banned $name]} {
    refuse "$name: that has been thrown out elsewhere."
}
if {$isDirectory} {
    # A directory right in the section is a release; those in it are its discs.
    if {$depth == 1 && [info exists releases($section)]} {
        if {![regexp -- $releases($section) $name]} {
            refuse "$name does not look like a release of $section."
        }
    } elseif {$depth > 1 && ![regexp -nocase -- $parts $name]} {
        refuse "A release takes CD1, DVD1, Sample, Subs, Proof and Covers: not $name."
    }
} elseif {[info exists files($section)]} {
    set extension [string tolower [string range [file extension $name] 1 end]]
    foreach allowed $files($section) {
        if {[regexp -- "^$allowed\$" $extension]} { exit 0 }
    }
    refuse "$section takes no .$extension: $files($section)."
}
exit 0
