/* SPDX-License-Identifier: MIT */
/* What those who follow the changes are told by the supervisor itself. */
#include "supervisor/supervisor.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"

void supervisor_tell_plugin(const struct plugin *plugin)
{
	const struct supervisor *supervisor = plugin->supervisor;
	struct notice notice = {.type = NOTICE_PLUGIN, .plugin = plugin->config->name};
	struct text json = TEXT_EMPTY;
	char time[CLOCK_TEXT_SIZE];

	if (supervisor->control == NULL)
		return;
	text_printf(&json, "{\"time\": \"%s\", \"kind\": \"plugin_state\", \"plugin\": ",
	    wallclock_format(wallclock_now(), time));
	text_append_json(&json, plugin->config->name);
	text_printf(&json, ", \"state\": \"%s\", \"reason\": ", plugin_state_name(plugin->state));
	if (plugin->reason != NULL)
		text_append_json(&json, plugin->reason);
	else
		text_append(&json, "null");
	text_append_char(&json, '}');
	notice.json = json.data;
	control_tell(supervisor->control, &notice, 1);
	text_clear(&json);
}
