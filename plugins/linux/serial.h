/* SPDX-License-Identifier: MIT */
/*
 * What tells one disk from all others: world wide names and serial numbers.
 */
#ifndef LINUX_SERIAL_H
#define LINUX_SERIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Gives a property of the udev database, or NULL. */
typedef const char *udev_lookup(void *context, const char *key);

/*
 * The serial of the disk in a directory of sysfs (/sys/block/sda), to be released with free(): from
 * SCSI page 0x83 before page 0x80, in the same form wherever it was read, so that all servers see
 * the same. NULL if it has none that tells it from others.
 */
char *serial_of_disk(const char *directory, udev_lookup *lookup, void *context);

/*
 * The best designator of page 0x83 for the logical unit, released with free(); NULL if the page
 * has none or is malformed. *by_vendor tells that it is unique among one product's units only.
 */
char *serial_from_page_83(const uint8_t *page, size_t length, bool *by_vendor);

/* Whether a serial is one that virtual machines give to every disk. */
bool serial_is_generic(const char *serial);

#endif
