/* SPDX-License-Identifier: MIT */
/*
 * The plugin host: the process in which one plugin's code runs.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

/*
 * The whole life of a plugin host, on the channel and the flight recorder of the given
 * descriptors: waits for CONFIGURE, loads the plugin, runs sessions until STOP or the end of the
 * channel, tears them down, and returns the exit status of the process: 0; 1 if the plugin could
 * not be loaded; 2 if the channel broke. Closes both descriptors.
 */
int host_main(int channel, int recorder);

/*
 * Runs a plugin host in a thread of this process, for debuggers (--no-isolation). Returns 0 or an
 * errno. host_join_threads() waits for all of them.
 */
int host_start_thread(int channel, int recorder);
void host_join_threads(void);

#endif
