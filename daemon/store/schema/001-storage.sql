-- SPDX-License-Identifier: MIT
-- Tables (names in the singular) belong to the runner and may change with any version. What
-- others read are the views (names in the plural) and functions below.

-- Its owner need not be allowed to create schemas.
DO $$
BEGIN
	IF to_regnamespace('storage') IS NULL THEN
		CREATE SCHEMA storage;
	END IF;
END
$$;
COMMENT ON SCHEMA storage IS
	'Storage hardware as the plugins of iml-plugin-runner report it. Read the views and functions; the tables are private.';

CREATE TABLE storage.migration (
	number integer PRIMARY KEY,
	name text NOT NULL,
	program text NOT NULL,
	applied timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE storage.migration IS 'Changes of the schema that were applied.';

-- revision counts the transactions (from one back, if the last two are written again), so that a
-- runner that was cut off can tell whether this is still the database that it knows; identity tells which one the samples are for that it spooled.
CREATE TABLE storage.counter (
	single boolean PRIMARY KEY DEFAULT true CHECK (single),
	identity uuid NOT NULL DEFAULT gen_random_uuid(),
	revision bigint NOT NULL DEFAULT 0,
	class bigint NOT NULL DEFAULT 0,
	statistic bigint NOT NULL DEFAULT 0,
	resource bigint NOT NULL DEFAULT 0,
	alert bigint NOT NULL DEFAULT 0,
	event bigint NOT NULL DEFAULT 0,
	server bigint NOT NULL DEFAULT 0,
	volume bigint NOT NULL DEFAULT 0,
	volume_node bigint NOT NULL DEFAULT 0,
	cohort bigint NOT NULL DEFAULT 0,
	gap bigint NOT NULL DEFAULT 0,
	silence bigint NOT NULL DEFAULT 0,
	sampled timestamptz
);
COMMENT ON TABLE storage.counter IS 'The highest ids given out; one row.';
COMMENT ON COLUMN storage.counter.sampled IS 'Time of the newest sample that was ever stored.';
INSERT INTO storage.counter DEFAULT VALUES;

CREATE TABLE storage.plugin (
	name text PRIMARY KEY
);

-- json, not jsonb: the runner compares these texts with what a plugin declares.
CREATE TABLE storage.class (
	id bigint PRIMARY KEY,
	plugin text NOT NULL REFERENCES storage.plugin,
	name text NOT NULL,
	label text NOT NULL,
	scannable boolean NOT NULL,
	internal boolean NOT NULL,
	loaded boolean NOT NULL,
	ancestry json NOT NULL,
	attributes json NOT NULL,
	charts json NOT NULL,
	relations json NOT NULL,
	UNIQUE (plugin, name)
);

CREATE TABLE storage.statistic (
	id bigint PRIMARY KEY,
	class_id bigint NOT NULL REFERENCES storage.class,
	name text NOT NULL,
	type text NOT NULL,
	label text NOT NULL,
	units text NOT NULL,
	sample_period integer NOT NULL,
	bins json,
	bin_labels json,
	declared boolean NOT NULL
);
CREATE UNIQUE INDEX statistic_declared ON storage.statistic (class_id, name) WHERE declared;

-- Identities may be exchanged within a transaction, and a scope may be written after what is in it.
-- No foreign key to the class: classes are never removed, and checking it for each row is slow.
CREATE TABLE storage.resource (
	id bigint PRIMARY KEY,
	class_id bigint NOT NULL,
	scope_id bigint REFERENCES storage.resource ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
	identifier text NOT NULL,
	label text NOT NULL,
	alias text,
	attributes jsonb NOT NULL,
	secrets jsonb,
	configured boolean NOT NULL,
	in_use boolean NOT NULL,
	given jsonb,
	added boolean NOT NULL DEFAULT false,
	departing boolean NOT NULL DEFAULT false,
	CONSTRAINT resource_identity UNIQUE NULLS NOT DISTINCT (class_id, scope_id, identifier)
		DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX resource_scope ON storage.resource (scope_id);
COMMENT ON COLUMN storage.resource.secrets IS 'Passwords. No view may show them.';
COMMENT ON COLUMN storage.resource.in_use IS
	'Whether it is a scannable that the configuration file declares, or a person added, or that one in use reports.';
COMMENT ON COLUMN storage.resource.departing IS
	'Whether it is a scannable that is to be removed as soon as it has no session.';
COMMENT ON COLUMN storage.resource.given IS
	'Of a scannable: what the configuration file, or a person, gave it last, or null. Passwords are null.';
REVOKE ALL ON storage.resource FROM PUBLIC;

-- Links and samples have no foreign keys: checking them takes longer than writing the rows. The
-- runner writes none that names what is not there, and the trigger forget removes them with it.
CREATE TABLE storage.parent (
	child_id bigint NOT NULL,
	parent_id bigint NOT NULL,
	reporter_id bigint,
	UNIQUE NULLS NOT DISTINCT (child_id, parent_id, reporter_id)
);
COMMENT ON COLUMN storage.parent.reporter_id IS
	'The scannable whose scans report the link; null: relations between classes make it.';
CREATE INDEX parent_parent ON storage.parent (parent_id, child_id);
CREATE INDEX parent_reporter ON storage.parent (reporter_id);

CREATE TABLE storage.reporter (
	resource_id bigint NOT NULL,
	reporter_id bigint NOT NULL,
	PRIMARY KEY (resource_id, reporter_id)
);
CREATE INDEX reporter_reporter ON storage.reporter (reporter_id);

CREATE TABLE storage.reference (
	resource_id bigint NOT NULL,
	attribute text NOT NULL,
	target_id bigint NOT NULL,
	PRIMARY KEY (resource_id, attribute)
);
CREATE INDEX reference_target ON storage.reference (target_id);

CREATE TABLE storage.alert (
	id bigint PRIMARY KEY,
	resource_id bigint REFERENCES storage.resource ON DELETE SET NULL,
	name text NOT NULL,
	attribute text,
	severity integer NOT NULL,
	message text NOT NULL,
	begin_time timestamptz NOT NULL,
	end_time timestamptz,
	active boolean NOT NULL,
	dismissed boolean NOT NULL,
	cause_id bigint,
	root_cause_id bigint NOT NULL,
	voters bigint[],
	silence_id bigint,
	CHECK (active = (end_time IS NULL))
);
COMMENT ON COLUMN storage.alert.voters IS
	'While it is active: the scannables that say so. Null for alerts of the runner itself.';
CREATE UNIQUE INDEX alert_active ON storage.alert (resource_id, name) WHERE active;
CREATE INDEX alert_resource ON storage.alert (resource_id);
CREATE INDEX alert_cause ON storage.alert (cause_id) WHERE cause_id IS NOT NULL;
CREATE INDEX alert_root_cause ON storage.alert (root_cause_id);

CREATE TABLE storage.silence (
	id bigint PRIMARY KEY,
	resource_id bigint NOT NULL,
	begin_time timestamptz NOT NULL,
	end_time timestamptz NOT NULL,
	who text NOT NULL,
	why text NOT NULL
);
CREATE INDEX silence_resource ON storage.silence (resource_id);
COMMENT ON TABLE storage.silence IS 'Those in force: the runner removes them when they end.';

CREATE TABLE storage.event (
	id bigint PRIMARY KEY,
	time timestamptz NOT NULL,
	severity integer NOT NULL,
	resource_id bigint REFERENCES storage.resource ON DELETE SET NULL,
	alert_id bigint REFERENCES storage.alert ON DELETE SET NULL,
	message text NOT NULL
);
CREATE INDEX event_resource ON storage.event (resource_id);
CREATE INDEX event_alert ON storage.event (alert_id);
CREATE INDEX event_time ON storage.event (time);

-- Statistics. What one scan samples of one statistic is a frame: one row for the resources of a
-- class, each at its slot; model/frame.h describes the payload. What an interval of time comes to is
-- a frame, too. The tables have no foreign keys, and frames are never deleted: they go with their
-- partition, and until then nothing leads to those whose slots are gone.

CREATE TABLE storage.cohort (
	id bigint PRIMARY KEY,
	scannable_id bigint NOT NULL,
	class_id bigint NOT NULL
);
CREATE INDEX cohort_scannable ON storage.cohort (scannable_id);
COMMENT ON TABLE storage.cohort IS
	'Up to 1024 resources of one class whose samples the scans of one scannable make.';

CREATE TABLE storage.slot (
	cohort_id bigint NOT NULL,
	slot smallint NOT NULL CHECK (slot BETWEEN 0 AND 1023),
	resource_id bigint NOT NULL,
	since timestamptz NOT NULL,
	PRIMARY KEY (cohort_id, slot)
);
CREATE INDEX slot_resource ON storage.slot (resource_id);
COMMENT ON COLUMN storage.slot.since IS
	'Time of the first sample of the resource. Older ones at the slot are those of another one, which is gone: a slot is given again on a later day only (UTC), so that no interval has samples of both.';

CREATE TABLE storage.resolution (
	number smallint PRIMARY KEY,
	length interval NOT NULL,
	retention interval NOT NULL,
	condensed timestamptz
);
COMMENT ON COLUMN storage.resolution.length IS
	'Of the intervals that a frame is about, which begin at multiples of it since 1970 in UTC. 0: frames of samples.';
COMMENT ON COLUMN storage.resolution.condensed IS 'Every interval that ends at or before this time has its frames.';
INSERT INTO storage.resolution (number, length, retention) VALUES
	(0, '0', '1 day'), (1, '1 minute', '3 days'), (2, '5 minutes', '7 days'),
	(3, '1 hour', '30 days'), (4, '24 hours', '70000 days');

-- The runner makes and drops the partitions of each resolution. Payloads are not compressed, so that
-- readers can take slices. The columns are in the order that takes the least room.
CREATE TABLE storage.frame (
	cohort_id bigint NOT NULL,
	statistic_id bigint NOT NULL,
	time timestamptz NOT NULL,
	resolution smallint NOT NULL,
	bin smallint NOT NULL,
	payload bytea NOT NULL,
	PRIMARY KEY (resolution, cohort_id, statistic_id, bin, time)
) PARTITION BY LIST (resolution);
ALTER TABLE storage.frame ALTER payload SET STORAGE EXTERNAL;
CREATE INDEX frame_time ON storage.frame USING brin (time) WITH (autosummarize = on);
COMMENT ON COLUMN storage.frame.bin IS 'The bin of a histogram, each of which is a series; else 0.';
COMMENT ON COLUMN storage.frame.time IS
	'Of samples: the first one''s, or later than that if the frame before has it. Else when the interval begins.';
CREATE TABLE storage.frame_0 PARTITION OF storage.frame FOR VALUES IN (0) PARTITION BY RANGE (time);
CREATE TABLE storage.frame_1 PARTITION OF storage.frame FOR VALUES IN (1) PARTITION BY RANGE (time);
CREATE TABLE storage.frame_2 PARTITION OF storage.frame FOR VALUES IN (2) PARTITION BY RANGE (time);
CREATE TABLE storage.frame_3 PARTITION OF storage.frame FOR VALUES IN (3) PARTITION BY RANGE (time);
CREATE TABLE storage.frame_4 PARTITION OF storage.frame FOR VALUES IN (4) PARTITION BY RANGE (time);

CREATE TABLE storage.late (
	resolution smallint NOT NULL,
	cohort_id bigint NOT NULL,
	statistic_id bigint NOT NULL,
	bin smallint NOT NULL,
	time timestamptz NOT NULL,
	PRIMARY KEY (resolution, cohort_id, statistic_id, bin, time)
);
COMMENT ON TABLE storage.late IS
	'Intervals that got samples after they were condensed: the frames that are to be made again.';

CREATE TABLE storage.gap (
	id bigint PRIMARY KEY,
	scannable_id bigint,
	begin_time timestamptz NOT NULL,
	end_time timestamptz,
	reason text NOT NULL
);
CREATE INDEX gap_scannable ON storage.gap (scannable_id, begin_time);
COMMENT ON COLUMN storage.gap.scannable_id IS 'Null: of all scannables.';

CREATE TABLE storage.pause (
	scannable_id bigint,
	plugin text NOT NULL,
	begin_time timestamptz NOT NULL,
	user_id bigint NOT NULL,
	reason text,
	UNIQUE NULLS NOT DISTINCT (scannable_id, plugin)
);
COMMENT ON COLUMN storage.pause.scannable_id IS 'Null: all of the plugin.';

-- Servers, and what they can reach. The runner alone writes these tables: what the manager has to
-- say comes as requests, which the functions at the end make.

CREATE TABLE storage.server (
	id bigint PRIMARY KEY,
	address text NOT NULL,
	fqdn text,
	state text NOT NULL,
	source text NOT NULL,
	recorded timestamptz NOT NULL
);
CREATE INDEX server_address ON storage.server (lower(address));

CREATE TABLE storage.server_peer (
	server_id bigint NOT NULL REFERENCES storage.server ON DELETE CASCADE,
	peer_id bigint NOT NULL,
	PRIMARY KEY (server_id, peer_id)
);
CREATE INDEX server_peer_peer ON storage.server_peer (peer_id);

CREATE TABLE storage.volume (
	id bigint PRIMARY KEY,
	drive_id bigint NOT NULL,
	label text NOT NULL,
	size bigint,
	filesystem_type text,
	unusable boolean NOT NULL,
	in_use boolean NOT NULL,
	chosen boolean NOT NULL
);
CREATE INDEX volume_drive ON storage.volume (drive_id);

-- A server need not have a record.
CREATE TABLE storage.volume_node (
	id bigint PRIMARY KEY,
	volume_id bigint NOT NULL REFERENCES storage.volume ON DELETE CASCADE,
	resource_id bigint NOT NULL,
	server_id bigint,
	path text NOT NULL,
	is_primary boolean NOT NULL,
	is_used boolean NOT NULL,
	weight bigint,
	CHECK (is_used OR NOT is_primary)
);
CREATE INDEX volume_node_volume ON storage.volume_node (volume_id);
CREATE INDEX volume_node_resource ON storage.volume_node (resource_id);
CREATE INDEX volume_node_server ON storage.volume_node (server_id, path);

CREATE TABLE storage.request (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	kind text NOT NULL,
	arguments jsonb NOT NULL
);
-- The runner gives servers and silences odd numbers: neither has to ask the other.
CREATE SEQUENCE storage.server_number START 2 INCREMENT 2;
CREATE SEQUENCE storage.silence_number START 2 INCREMENT 2;

-- By the indexes, whatever the planner thinks: the cost is to grow with what is removed.
CREATE FUNCTION storage.forget() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
	DELETE FROM storage.parent USING removed WHERE parent.child_id = removed.id;
	DELETE FROM storage.parent USING removed WHERE parent.parent_id = removed.id;
	DELETE FROM storage.parent USING removed WHERE parent.reporter_id = removed.id;
	DELETE FROM storage.reporter USING removed WHERE reporter.resource_id = removed.id;
	DELETE FROM storage.reporter USING removed WHERE reporter.reporter_id = removed.id;
	DELETE FROM storage.reference USING removed WHERE reference.resource_id = removed.id;
	DELETE FROM storage.reference USING removed WHERE reference.target_id = removed.id;
	DELETE FROM storage.volume_node USING removed WHERE volume_node.resource_id = removed.id;
	DELETE FROM storage.volume USING removed WHERE volume.drive_id = removed.id;
	DELETE FROM storage.slot USING removed WHERE slot.resource_id = removed.id;
	DELETE FROM storage.slot USING removed JOIN storage.cohort ON cohort.scannable_id = removed.id
	WHERE slot.cohort_id = cohort.id;
	DELETE FROM storage.cohort USING removed WHERE cohort.scannable_id = removed.id;
	DELETE FROM storage.gap USING removed WHERE gap.scannable_id = removed.id;
	DELETE FROM storage.silence USING removed WHERE silence.resource_id = removed.id;
	DELETE FROM storage.pause USING removed WHERE pause.scannable_id = removed.id;
	RETURN NULL;
END
$$;
CREATE TRIGGER forget AFTER DELETE ON storage.resource
	REFERENCING OLD TABLE AS removed
	FOR EACH STATEMENT EXECUTE FUNCTION storage.forget();

-- Alerts about contact with what was removed leave no record, and are the cause of nothing then.
CREATE FUNCTION storage.forget_causes() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
	UPDATE storage.alert SET cause_id = NULL FROM removed WHERE alert.cause_id = removed.id;
	UPDATE storage.alert SET root_cause_id = alert.id FROM removed
	WHERE alert.root_cause_id = removed.id;
	RETURN NULL;
END
$$;
CREATE TRIGGER forget_causes AFTER DELETE ON storage.alert
	REFERENCING OLD TABLE AS removed
	FOR EACH STATEMENT EXECUTE FUNCTION storage.forget_causes();

CREATE FUNCTION storage.severity_name(severity integer) RETURNS text
LANGUAGE sql IMMUTABLE RETURN CASE severity
	WHEN 40 THEN 'ERROR' WHEN 30 THEN 'WARNING' WHEN 20 THEN 'INFO' ELSE severity::text END;

-- What others read.

CREATE VIEW storage.plugins AS
SELECT plugin.name, bool_or(class.loaded) AS loaded, count(*) FILTER (WHERE class.loaded) AS classes
FROM storage.plugin JOIN storage.class ON class.plugin = plugin.name
GROUP BY plugin.name;
COMMENT ON VIEW storage.plugins IS 'Plugins that were ever loaded.';
COMMENT ON COLUMN storage.plugins.name IS 'Name of the plugin: its file without directory and extension.';
COMMENT ON COLUMN storage.plugins.loaded IS 'Whether the plugin is in use; if not, its classes and resources are hidden.';
COMMENT ON COLUMN storage.plugins.classes IS 'Number of its classes in use.';

CREATE VIEW storage.classes AS
SELECT class.id, class.plugin, class.name, class.label, class.scannable, class.internal,
	class.ancestry::jsonb AS ancestry, class.attributes::jsonb AS attributes,
	(SELECT coalesce(jsonb_agg(attribute ORDER BY place), '[]')
		FROM jsonb_array_elements(class.attributes::jsonb) WITH ORDINALITY AS a (attribute, place)
		WHERE attribute->'hidden' IS DISTINCT FROM 'true'
		AND attribute->>'type' IS DISTINCT FROM 'Password') AS columns,
	(SELECT coalesce(jsonb_agg(attribute - 'hidden' ORDER BY place), '[]')
		FROM jsonb_array_elements(class.attributes::jsonb) WITH ORDINALITY AS a (attribute, place)
		WHERE attribute->'hidden' IS DISTINCT FROM 'true') AS fields,
	(SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'name', name, 'type', type,
			'label', statistic.label, 'units', units, 'sample_period', sample_period, 'bins', bins,
			'bin_labels', bin_labels)
			ORDER BY id), '[]')
		FROM storage.statistic
		WHERE statistic.class_id = class.id AND statistic.declared) AS statistics,
	class.charts::jsonb AS charts, class.relations::jsonb AS relations
FROM storage.class WHERE class.loaded;
COMMENT ON VIEW storage.classes IS 'Classes of resources that the plugins in use declare.';
COMMENT ON COLUMN storage.classes.id IS 'Number of the class; never used for another one.';
COMMENT ON COLUMN storage.classes.plugin IS 'Name of the plugin that declares it.';
COMMENT ON COLUMN storage.classes.name IS 'Name, unique within the plugin.';
COMMENT ON COLUMN storage.classes.label IS 'Name for people.';
COMMENT ON COLUMN storage.classes.scannable IS 'Whether users may add resources of this class.';
COMMENT ON COLUMN storage.classes.internal IS 'Whether the class is of a plugin that is part of the runner.';
COMMENT ON COLUMN storage.classes.ancestry IS 'Array of names: the class itself, then its bases, the most basic one last.';
COMMENT ON COLUMN storage.classes.attributes IS 'Array of all attributes as objects, in order of declaration.';
COMMENT ON COLUMN storage.classes.columns IS 'Those of the attributes that tables show, in order.';
COMMENT ON COLUMN storage.classes.fields IS
	'Those of the attributes that forms show, in order: name, label, type, optional, user_read_only (shown, not filled in), and where given options, min, max, max_length, default.';
COMMENT ON COLUMN storage.classes.statistics IS
	'Array of objects: id, name, type (Gauge, Counter or BytesHistogram), label, units ("" for plain numbers, "bytes" for what is shown as a size), sample_period in seconds, bins ([from, to] each; null for time series), bin_labels (a text for each bin).';
COMMENT ON COLUMN storage.classes.charts IS
	'Array of the charts to show, in order: title, series (names of statistics, all time series or all histograms).';
COMMENT ON COLUMN storage.classes.relations IS
	'Array of objects: type (provide: parent of what matches; subscribe: child of it), plugin (null: a built-in class), class, attributes (those that must be equal), ignore_case.';

CREATE VIEW storage.resources AS
SELECT resource.id, resource.class_id, class.plugin, class.name AS class, class.label AS class_label,
	resource.scope_id, resource.identifier, resource.label, resource.alias,
	coalesce(resource.alias, resource.label) AS name, resource.attributes, resource.configured,
	resource.added, class.ancestry::jsonb AS ancestry,
	resource.added AND NOT resource.configured AS removable,
	CASE WHEN class.scannable THEN resource.id ELSE coalesce(resource.scope_id,
		(SELECT min(place.id) FROM storage.reporter
			JOIN storage.resource AS place ON place.id = reporter.reporter_id
			WHERE reporter.resource_id = resource.id AND place.in_use)) END AS scannable_id
FROM storage.resource JOIN storage.class ON class.id = resource.class_id
LEFT JOIN storage.resource AS scope ON scope.id = resource.scope_id
WHERE class.loaded
AND CASE WHEN class.scannable THEN resource.in_use
	WHEN resource.scope_id IS NOT NULL THEN scope.in_use
	ELSE EXISTS (SELECT FROM storage.reporter
		JOIN storage.resource AS place ON place.id = reporter.reporter_id
		WHERE reporter.resource_id = resource.id AND place.in_use) END;
COMMENT ON VIEW storage.resources IS
	'Resources of the plugins in use. A scannable that left the configuration, that no user added and no other one reports, is hidden until it is back, with what is scoped to it and what nobody else reports.';
COMMENT ON COLUMN storage.resources.id IS 'Number of the resource: the same as long as it exists, and never used for another one.';
COMMENT ON COLUMN storage.resources.class_id IS 'Its class: storage.classes.id.';
COMMENT ON COLUMN storage.resources.plugin IS 'Name of the plugin that declares its class.';
COMMENT ON COLUMN storage.resources.class IS 'Name of its class within the plugin.';
COMMENT ON COLUMN storage.resources.class_label IS 'Name of its class for people.';
COMMENT ON COLUMN storage.resources.scope_id IS 'The scannable that its identifier is unique within; null: unique everywhere.';
COMMENT ON COLUMN storage.resources.identifier IS 'Array of the values that identify it among those of its class and scope, as text.';
COMMENT ON COLUMN storage.resources.label IS 'Label that the plugin or the runner made.';
COMMENT ON COLUMN storage.resources.alias IS 'Name that a user gave it, or null.';
COMMENT ON COLUMN storage.resources.name IS 'What to call it: the alias, else the label.';
COMMENT ON COLUMN storage.resources.attributes IS
	'Object of the attributes that are not null, by name. Passwords are not among them. A reference is {"ref": id}.';
COMMENT ON COLUMN storage.resources.configured IS 'Whether it is a scannable of the configuration file.';
COMMENT ON COLUMN storage.resources.added IS 'Whether it is a scannable that a user added.';
COMMENT ON COLUMN storage.resources.ancestry IS 'storage.classes.ancestry of its class.';
COMMENT ON COLUMN storage.resources.removable IS 'Whether users may remove it, with all that it alone reports: a scannable that a user added, and that the configuration file does not have.';
COMMENT ON COLUMN storage.resources.scannable_id IS
	'The scannable that it is scanned with: itself, its scope, or the first of those that report it.';

CREATE VIEW storage.parents AS
SELECT DISTINCT parent.child_id, parent.parent_id
FROM storage.parent
JOIN storage.resources AS child ON child.id = parent.child_id
JOIN storage.resources AS above ON above.id = parent.parent_id;
COMMENT ON VIEW storage.parents IS 'Links between resources: a problem with the parent is a problem with the child.';
COMMENT ON COLUMN storage.parents.child_id IS 'The resource that depends on the parent.';
COMMENT ON COLUMN storage.parents.parent_id IS 'The resource whose problems matter to the child.';

CREATE VIEW storage.alerts AS
SELECT alert.id, alert.resource_id, alert.name, alert.attribute,
	storage.severity_name(alert.severity) AS severity, alert.severity AS severity_number,
	alert.message, alert.begin_time, alert.end_time, alert.active, alert.dismissed,
	alert.cause_id, alert.root_cause_id,
	(SELECT count(*) FROM storage.alert AS consequence
		JOIN storage.resource AS place ON place.id = consequence.resource_id
		JOIN storage.class AS kind ON kind.id = place.class_id
		WHERE consequence.root_cause_id = alert.id AND consequence.id <> alert.id
		AND consequence.active AND kind.loaded) AS consequences,
	CASE WHEN alert.active THEN alert.silence_id END AS silenced
FROM storage.alert
LEFT JOIN storage.resource ON resource.id = alert.resource_id
LEFT JOIN storage.class ON class.id = resource.class_id
WHERE alert.resource_id IS NULL OR class.loaded;
COMMENT ON VIEW storage.alerts IS 'Alerts: those that are active, and the earlier ones as history.';
COMMENT ON COLUMN storage.alerts.id IS 'Number of the alert. Raised again, it is another one.';
COMMENT ON COLUMN storage.alerts.resource_id IS 'The resource that has the problem; null once that is gone.';
COMMENT ON COLUMN storage.alerts.name IS 'Stable name of the condition; a resource has at most one active alert of a name.';
COMMENT ON COLUMN storage.alerts.attribute IS 'The attribute or statistic that was judged; null for alerts of the runner itself.';
COMMENT ON COLUMN storage.alerts.severity IS 'ERROR, WARNING or INFO.';
COMMENT ON COLUMN storage.alerts.severity_number IS '40, 30 or 20: the same for sorting.';
COMMENT ON COLUMN storage.alerts.message IS 'Text for people, as it was when the alert was raised.';
COMMENT ON COLUMN storage.alerts.begin_time IS 'When it was raised.';
COMMENT ON COLUMN storage.alerts.end_time IS 'When it was cleared; null while it is active.';
COMMENT ON COLUMN storage.alerts.active IS 'Whether the problem persists.';
COMMENT ON COLUMN storage.alerts.dismissed IS 'Whether a user has seen it and does not care for it. A later alert of the same name is not dismissed.';
COMMENT ON COLUMN storage.alerts.cause_id IS
	'The active alert that is its cause: the nearest among those of the ancestors of its resource, of those equally near the worst, then the oldest. Null if there is none. Of an ended alert, the last one.';
COMMENT ON COLUMN storage.alerts.root_cause_id IS
	'The cause of the cause, and so on, up to the alert that has none; its own id if that is itself.';
COMMENT ON COLUMN storage.alerts.consequences IS 'Number of other active alerts of which it is the root cause.';
COMMENT ON COLUMN storage.alerts.silenced IS
	'While it is active: the silence that its resource is under (storage.silences.id; of several the one that lasts longest), or null. Leave silenced alerts out of what is counted.';

CREATE VIEW storage.silences AS
SELECT silence.id, silence.resource_id, silence.begin_time, silence.end_time, silence.who, silence.why
FROM storage.silence
JOIN storage.resources ON resources.id = silence.resource_id;
COMMENT ON VIEW storage.silences IS
	'Silences in force: alerts of the resource, and of all that depends on it, are not to be counted.';
COMMENT ON COLUMN storage.silences.id IS 'Number of the silence.';
COMMENT ON COLUMN storage.silences.resource_id IS 'The resource: storage.resources.id.';
COMMENT ON COLUMN storage.silences.begin_time IS 'Since when.';
COMMENT ON COLUMN storage.silences.end_time IS 'When it ends by itself.';
COMMENT ON COLUMN storage.silences.who IS 'Name of the user who made it.';
COMMENT ON COLUMN storage.silences.why IS 'The reason that this user gave.';

-- The functions read private tables for callers who may not.

-- Those that follow links go by the indexes, whatever the planner thinks: what they cost is to grow
-- with what they find, not with all that there is.

CREATE FUNCTION storage.ancestors(resource bigint) RETURNS TABLE (id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
BEGIN ATOMIC
	WITH RECURSIVE reached (id) AS (
		SELECT ancestors.resource
		UNION
		SELECT parent.parent_id FROM reached JOIN storage.parent ON parent.child_id = reached.id
	)
	SELECT reached.id FROM reached JOIN storage.resources ON resources.id = reached.id;
END;
COMMENT ON FUNCTION storage.ancestors IS
	'Ids of the resource itself and of those that it depends on: its parents, their parents, and so on, each once.';

CREATE FUNCTION storage.descendants(resource bigint) RETURNS TABLE (id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
BEGIN ATOMIC
	WITH RECURSIVE reached (id) AS (
		SELECT parent.child_id FROM storage.parent WHERE parent.parent_id = descendants.resource
		UNION
		SELECT parent.child_id FROM reached JOIN storage.parent ON parent.parent_id = reached.id
	)
	SELECT reached.id FROM reached JOIN storage.resources ON resources.id = reached.id
	WHERE reached.id <> descendants.resource;
END;
COMMENT ON FUNCTION storage.descendants IS
	'Ids of the resources that depend on this one: its children, their children, and so on, each once.';

CREATE FUNCTION storage.active_alerts(resource bigint)
RETURNS TABLE (alert_id bigint, propagated boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
BEGIN ATOMIC
	SELECT alerts.id, alerts.resource_id <> active_alerts.resource
	FROM storage.ancestors(active_alerts.resource) AS reached (id)
	JOIN storage.alerts ON alerts.resource_id = reached.id
	WHERE alerts.active;
END;
COMMENT ON FUNCTION storage.active_alerts IS
	'The active alerts of a resource, and those propagated to it: those of the resources that it depends on. alert_id is storage.alerts.id.';

CREATE FUNCTION storage.resources_of_kind(kind text) RETURNS SETOF storage.resources
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT resources.* FROM storage.resources
	WHERE resources.class_id IN (SELECT class.id FROM storage.class
		WHERE class.loaded AND class.ancestry::jsonb ? resources_of_kind.kind);
END;
COMMENT ON FUNCTION storage.resources_of_kind IS
	'The resources of a class and of those based on it: a built-in class such as PhysicalDisk, or plugin.Name.';

CREATE FUNCTION storage.reference_name(value jsonb) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT coalesce(resource.alias, resource.label) FROM storage.resource
	WHERE resource.id = (reference_name.value->>'ref')::bigint;
END;
COMMENT ON FUNCTION storage.reference_name IS
	'What to show for an attribute that is a reference: the alias, else the label of the resource; null for null.';

CREATE FUNCTION storage.sort_value(value jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT CASE jsonb_typeof(sort_value.value) WHEN 'null' THEN NULL
		WHEN 'object' THEN to_jsonb(storage.reference_name(sort_value.value))
		ELSE sort_value.value END;
END;
COMMENT ON FUNCTION storage.sort_value IS
	'What to sort resources by an attribute with: ORDER BY storage.sort_value(attributes->''slot'') DESC NULLS LAST. Numbers are in order of number, texts and names of references in that of text.';

CREATE VIEW storage.affected AS
SELECT alerts.id AS alert_id, descendants.id AS resource_id
FROM storage.alerts CROSS JOIN LATERAL storage.descendants(alerts.resource_id)
WHERE alerts.active;
COMMENT ON VIEW storage.affected IS
	'What each active alert affects: the children of its resource, their children, and so on, each once.';
COMMENT ON COLUMN storage.affected.alert_id IS 'The active alert: storage.alerts.id.';
COMMENT ON COLUMN storage.affected.resource_id IS 'A resource that depends on the one that has the problem.';

CREATE VIEW storage.graph AS
SELECT resources.id, resources.plugin, resources.class, resources.class_label,
	resources.name AS label,
	ARRAY(SELECT DISTINCT parent.parent_id FROM storage.parent
		JOIN storage.resources AS above ON above.id = parent.parent_id
		WHERE parent.child_id = resources.id ORDER BY 1) AS parents
FROM storage.resources;
COMMENT ON VIEW storage.graph IS
	'The whole graph: each resource with the links to its parents. Of one resource: WHERE id IN (SELECT id FROM storage.ancestors(17)).';
COMMENT ON COLUMN storage.graph.id IS 'The resource: storage.resources.id.';
COMMENT ON COLUMN storage.graph.plugin IS 'Name of the plugin that declares its class.';
COMMENT ON COLUMN storage.graph.class IS 'Name of its class within the plugin.';
COMMENT ON COLUMN storage.graph.class_label IS 'Name of its class for people.';
COMMENT ON COLUMN storage.graph.label IS 'What to call it: the alias, else the label.';
COMMENT ON COLUMN storage.graph.parents IS 'Ids of its parents, in order: a problem with one of them is a problem with it.';

CREATE VIEW storage.events AS
SELECT event.id, event.time, storage.severity_name(event.severity) AS severity,
	event.severity AS severity_number, event.resource_id, event.alert_id, event.message
FROM storage.event
LEFT JOIN storage.resource ON resource.id = event.resource_id
LEFT JOIN storage.class ON class.id = resource.class_id
WHERE event.resource_id IS NULL OR class.loaded;
COMMENT ON VIEW storage.events IS 'What happened and is worth telling people.';
COMMENT ON COLUMN storage.events.id IS 'Number of the event, counting up.';
COMMENT ON COLUMN storage.events.time IS 'When it happened.';
COMMENT ON COLUMN storage.events.severity IS 'ERROR, WARNING or INFO.';
COMMENT ON COLUMN storage.events.severity_number IS '40, 30 or 20: the same for sorting.';
COMMENT ON COLUMN storage.events.resource_id IS 'The resource it is about; null if there is none, or none any more.';
COMMENT ON COLUMN storage.events.alert_id IS 'The alert it is about: storage.alerts.id, or null.';
COMMENT ON COLUMN storage.events.message IS 'Text for people.';

-- Statistics. Functions that are private find frames by the key, whatever the planner thinks, and
-- plan with the values at hand, so that only the partitions that matter are looked at.

CREATE FUNCTION storage.frame_real(n bigint) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
	bits CONSTANT bigint := CASE WHEN n < 0 THEN ~n ELSE n END;
	exponent CONSTANT integer := bits >> 52;
	value double precision := bits & 4503599627370495;
BEGIN
	IF exponent = 0 THEN
		value := value * 5e-324;
	ELSIF exponent < 1023 THEN
		value := (value + 4503599627370496) * 5e-324 * power(2.0::double precision, exponent - 1);
	ELSE
		value := (value + 4503599627370496) * power(2.0::double precision, exponent - 1075);
	END IF;
	RETURN CASE WHEN n < 0 THEN -value ELSE value END;
END
$$;
REVOKE ALL ON FUNCTION storage.frame_real FROM PUBLIC;
COMMENT ON FUNCTION storage.frame_real IS 'Private: the double that a number of a column of real numbers stands for.';

-- Of a long payload only slices are fetched: what is before the entries, and 8 bytes for each column.
CREATE FUNCTION storage.frame_entry(payload bytea, slot integer) RETURNS double precision[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
	powers CONSTANT double precision[] :=
		'{1,1e1,1e2,1e3,1e4,1e5,1e6,1e7,1e8,1e9,1e10,1e11,1e12,1e13,1e14,1e15}';
	most CONSTANT bigint := 9223372036854775807;
	head CONSTANT bytea := substring(payload FOR 206);
	columns CONSTANT integer := get_byte(head, 1);
	span CONSTANT integer := get_byte(head, 4) << 8 | get_byte(head, 5);
	entries CONSTANT integer := get_byte(head, 6) << 8 | get_byte(head, 7);
	place CONSTANT integer := slot - (get_byte(head, 2) << 8 | get_byte(head, 3));
	start integer := 8 + 10 * columns;
	entry integer := place;
	kind integer;
	width integer;
	n bigint;
	more bigint;
	result double precision[];
BEGIN
	IF place < 0 OR place >= span THEN
		RETURN NULL;
	END IF;
	IF entries < span THEN
		n := get_byte(head, start + place / 8) >> (7 - place % 8);
		IF n & 1 = 0 THEN
			RETURN NULL;
		END IF;
		entry := bit_count(substring(head FROM start + 1 FOR place / 8)) + bit_count(n::bit(64)) - 1;
		start := start + (span + 7) / 8;
	END IF;
	FOR number IN 0 .. columns - 1 LOOP
		kind := get_byte(head, 8 + 10 * number);
		width := get_byte(head, 9 + 10 * number);
		n := ('x' || encode(substring(head FROM 11 + 10 * number FOR 8), 'hex'))::bit(64)::bigint;
		IF width > 0 THEN
			more := (('x' || encode(substring(payload FROM start + entry * width / 8 + 1 FOR 8), 'hex'))::bit(64)
				<< entry * width % 8 >> 64 - width)::bigint;
			n := CASE WHEN more < 0 THEN n + most + 1 + (more + most + 1) ELSE n + more END;
		END IF;
		result[number + 1] := CASE kind WHEN 0 THEN n WHEN 64 THEN storage.frame_real(n)
			ELSE n / powers[kind + 1] END;
		start := start + (entries * width + 7) / 8;
	END LOOP;
	RETURN result;
END
$$;
REVOKE ALL ON FUNCTION storage.frame_entry FROM PUBLIC;
COMMENT ON FUNCTION storage.frame_entry IS
	'Private: what the payload of a frame has for a slot, one number for each of its columns; null if nothing. model/frame.h describes the payload.';

CREATE FUNCTION storage.entries(resource bigint, statistic bigint, bin integer, resolution integer,
	begin_time timestamptz, end_time timestamptz)
RETURNS TABLE ("time" timestamptz, last_time timestamptz, count bigint, sum double precision,
	minimum double precision, maximum double precision, first double precision,
	last double precision, rise double precision)
LANGUAGE plpgsql STABLE AS $$
DECLARE
	place storage.slot;
	length CONSTANT interval := r.length FROM storage.resolution AS r WHERE r.number = entries.resolution;
BEGIN
	FOR place IN SELECT * FROM storage.slot WHERE slot.resource_id = entries.resource LOOP
		IF entries.resolution = 0 THEN
			RETURN QUERY
			SELECT sample.time, sample.time, 1::bigint, e[2], e[2], e[2], e[2], e[2], 0.0::double precision
			FROM (SELECT frame.time, storage.frame_entry(frame.payload, place.slot) AS e
				FROM storage.frame
				WHERE frame.resolution = 0 AND frame.cohort_id = place.cohort_id
				AND frame.statistic_id = entries.statistic AND frame.bin = entries.bin
				AND frame.time >= entries.begin_time - interval '60 s'
				AND frame.time < entries.end_time + interval '60 s' OFFSET 0) AS f,
			LATERAL (SELECT f.time + e[1] * interval '1 us') AS sample (time)
			WHERE sample.time >= greatest(entries.begin_time, place.since)
			AND sample.time < entries.end_time;
		ELSE
			RETURN QUERY
			SELECT f.time, f.time + length, e[1]::bigint, e[2], e[3], e[4], e[5], e[6], e[7]
			FROM (SELECT frame.time, storage.frame_entry(frame.payload, place.slot) AS e
				FROM storage.frame
				WHERE frame.resolution = entries.resolution AND frame.cohort_id = place.cohort_id
				AND frame.statistic_id = entries.statistic AND frame.bin = entries.bin
				AND frame.time >= greatest(entries.begin_time, place.since - length)
				AND frame.time < entries.end_time OFFSET 0) AS f
			WHERE e IS NOT NULL AND f.time + length > place.since;
		END IF;
	END LOOP;
END
$$;
REVOKE ALL ON FUNCTION storage.entries FROM PUBLIC;
COMMENT ON FUNCTION storage.entries IS
	'Private: the samples of a resource (resolution 0), or what intervals that begin in the time come to.';

-- What is not condensed yet comes from the finer resolutions.
CREATE FUNCTION storage.pieces(resolution integer, begin_time timestamptz, end_time timestamptz)
RETURNS TABLE (piece_resolution integer, from_time timestamptz, to_time timestamptz)
LANGUAGE plpgsql STABLE AS $$
DECLARE
	level storage.resolution;
BEGIN
	from_time := pieces.begin_time;
	FOR level IN SELECT * FROM storage.resolution AS r
		WHERE r.number <= pieces.resolution ORDER BY r.number DESC
	LOOP
		piece_resolution := level.number;
		to_time := CASE WHEN level.number = 0 THEN pieces.end_time
			ELSE least(pieces.end_time, coalesce(date_bin(level.length, level.condensed,
				timestamptz 'epoch'), '-infinity')) END;
		IF to_time > from_time THEN
			RETURN NEXT;
			from_time := to_time;
		END IF;
	END LOOP;
END
$$;
REVOKE ALL ON FUNCTION storage.pieces FROM PUBLIC;
COMMENT ON FUNCTION storage.pieces IS 'Private: what to read a span of time from.';

CREATE FUNCTION storage.rate(rise double precision, from_time timestamptz, to_time timestamptz)
RETURNS double precision LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN to_time - from_time >= interval '100 ms'
	THEN greatest(rise, 0) / extract(epoch FROM to_time - from_time)::double precision END;
REVOKE ALL ON FUNCTION storage.rate FROM PUBLIC;
COMMENT ON FUNCTION storage.rate IS
	'Private: by how much per second a counter rose; null for less than 0.1 s, which is no measure of it.';

-- The first two scans of a session follow each other at once. A device whose counters move on once a
-- second would seem to stand still between them, or to race.
CREATE FUNCTION storage.rates(resource bigint, statistic bigint, begin_time timestamptz,
	end_time timestamptz)
RETURNS TABLE ("time" timestamptz, rate double precision, count bigint)
LANGUAGE plpgsql STABLE AS $$
DECLARE
	entry record;
	last double precision;
	rise double precision := 0;
BEGIN
	count := 0;
	FOR entry IN SELECT e.time, e.last FROM storage.entries(rates.resource, rates.statistic, 0, 0,
		rates.begin_time, rates.end_time) AS e ORDER BY e.time
	LOOP
		rise := rise + greatest(entry.last - last, 0);
		last := entry.last;
		count := count + 1;
		CONTINUE WHEN entry.time < rates.time + interval '100 ms';
		rate := storage.rate(rise, rates.time, entry.time);
		rates.time := entry.time;
		RETURN NEXT;
		rise := 0;
		count := 0;
	END LOOP;
END
$$;
REVOKE ALL ON FUNCTION storage.rates FROM PUBLIC;
COMMENT ON FUNCTION storage.rates IS
	'Private: the rates between the samples of a counter. The first one has none; one that is less than 0.1 s after the last is joined with the next.';

CREATE FUNCTION storage.place_in(begin_time timestamptz, end_time timestamptz, intervals integer,
	number bigint)
RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
RETURN begin_time + make_interval(secs => number * (extract(epoch FROM end_time)
	- extract(epoch FROM begin_time))::double precision / intervals);
REVOKE ALL ON FUNCTION storage.place_in FROM PUBLIC;
COMMENT ON FUNCTION storage.place_in IS 'Private: when an interval of several equal ones begins.';

-- Sums are added up as decimal numbers, so that means are exact. The last count of a counter in an
-- interval that is over is taken for that at its end, whether it is condensed already or not.
CREATE FUNCTION storage.interval_points(resource bigint, statistic bigint, counter boolean,
	bin integer, resolution integer, begin_time timestamptz, end_time timestamptz,
	intervals integer, before interval)
RETURNS TABLE (number integer, value double precision, minimum double precision,
	maximum double precision, count bigint)
LANGUAGE sql STABLE
BEGIN ATOMIC
	WITH entry AS (
		SELECT e.time, e.count, e.sum, e.minimum, e.maximum,
			greatest(0, e.first - lag(e.last) OVER (ORDER BY e.time)) + e.rise AS gain,
			CASE WHEN r.number = 0 THEN e.last_time
				WHEN date_bin(r.length, e.time, timestamptz 'epoch') + r.length > now() THEN e.last_time
				ELSE date_bin(r.length, e.time, timestamptz 'epoch') + r.length END AS last_time,
			width_bucket(extract(epoch FROM e.time), extract(epoch FROM interval_points.begin_time),
				extract(epoch FROM interval_points.end_time), interval_points.intervals) AS place
		FROM storage.pieces(interval_points.resolution,
			interval_points.begin_time - interval_points.before, interval_points.end_time) AS p
		CROSS JOIN LATERAL storage.entries(interval_points.resource, interval_points.statistic,
			interval_points.bin, p.piece_resolution, p.from_time, p.to_time) AS e
		JOIN storage.resolution AS r ON r.number = interval_points.resolution
	), part AS (
		SELECT entry.place, sum(entry.count)::bigint AS count,
			CASE WHEN NOT interval_points.counter
				THEN sum(entry.sum::text::numeric) * 1.00000000000000000000 / sum(entry.count) END AS mean,
			min(entry.minimum) AS minimum, max(entry.maximum) AS maximum, sum(entry.gain) AS gain,
			min(entry.time) AS first_time, max(entry.last_time) AS last_time
		FROM entry GROUP BY entry.place
	), point AS (
		SELECT part.*, lag(part.last_time) OVER (ORDER BY part.place) AS previous FROM part
	)
	SELECT point.place - 1,
		CASE WHEN NOT interval_points.counter
			THEN least(greatest(point.mean, point.minimum::text::numeric),
				point.maximum::text::numeric)::double precision
			WHEN point.previous IS NOT NULL OR interval_points.before > interval '0'
			THEN storage.rate(point.gain, coalesce(point.previous, point.first_time), point.last_time) END,
		CASE WHEN NOT interval_points.counter THEN point.minimum END,
		CASE WHEN NOT interval_points.counter THEN point.maximum END, point.count
	FROM point WHERE point.place > 0 ORDER BY point.place;
END;
REVOKE ALL ON FUNCTION storage.interval_points FROM PUBLIC;
COMMENT ON FUNCTION storage.interval_points IS
	'Private: what those of several equal intervals that have samples come to. For the rate of the first one, samples are looked for up to some time before.';

-- intervals is null for samples as they are.
CREATE FUNCTION storage.points(resource bigint, statistic bigint, counter boolean, bin integer,
	resolution integer, begin_time timestamptz, end_time timestamptz, intervals integer)
RETURNS TABLE ("time" timestamptz, value double precision, minimum double precision,
	maximum double precision, count bigint)
LANGUAGE plpgsql STABLE AS $$
BEGIN
	IF points.intervals IS NOT NULL THEN
		RETURN QUERY
		SELECT storage.place_in(points.begin_time, points.end_time, points.intervals, p.number),
			p.value, p.minimum, p.maximum, p.count
		FROM storage.interval_points(points.resource, points.statistic, points.counter, points.bin,
			points.resolution, points.begin_time, points.end_time, points.intervals, interval '0') AS p;
	ELSIF points.counter THEN
		RETURN QUERY
		SELECT p.time, p.rate, p.rate, p.rate, p.count
		FROM storage.rates(points.resource, points.statistic, points.begin_time,
			points.end_time) AS p;
	ELSE
		RETURN QUERY
		SELECT e.time, e.last, e.minimum, e.maximum, e.count
		FROM storage.entries(points.resource, points.statistic, points.bin, 0,
			points.begin_time, points.end_time) AS e ORDER BY e.time;
	END IF;
END
$$;
REVOKE ALL ON FUNCTION storage.points FROM PUBLIC;
COMMENT ON FUNCTION storage.points IS
	'Private: the points of a series. That of the first sample of a counter has no value.';

CREATE FUNCTION storage.find_statistic(resource bigint, statistic text, histogram boolean)
RETURNS storage.statistic LANGUAGE plpgsql STABLE AS $$
DECLARE
	found_statistic storage.statistic;
	class bigint;
BEGIN
	SELECT r.class_id INTO class FROM storage.resources AS r WHERE r.id = find_statistic.resource;
	IF class IS NULL THEN
		RAISE EXCEPTION 'resource: there is no resource %', coalesce(find_statistic.resource::text, 'null');
	END IF;
	SELECT * INTO found_statistic FROM storage.statistic AS s
	WHERE s.class_id = class AND s.name = find_statistic.statistic AND s.declared;
	IF found_statistic.id IS NULL THEN
		RAISE EXCEPTION 'statistic: resource % has no statistic "%"', find_statistic.resource,
			coalesce(find_statistic.statistic, 'null');
	ELSIF (found_statistic.bins IS NOT NULL) <> find_statistic.histogram THEN
		RAISE EXCEPTION 'statistic: "%" is %a histogram', find_statistic.statistic,
			CASE WHEN find_statistic.histogram THEN 'not ' ELSE '' END;
	END IF;
	RETURN found_statistic;
END
$$;
REVOKE ALL ON FUNCTION storage.find_statistic FROM PUBLIC;
COMMENT ON FUNCTION storage.find_statistic IS 'Private: a statistic that a resource has; refuses what it has not.';

CREATE FUNCTION storage.find_range(resource bigint, from_time timestamptz, to_time timestamptz,
	points_name text, points integer, OUT begin_time timestamptz, OUT end_time timestamptz)
LANGUAGE plpgsql STABLE AS $$
BEGIN
	IF from_time IS NULL THEN
		RAISE EXCEPTION 'from_time: is null';
	ELSIF to_time IS NULL THEN
		RAISE EXCEPTION 'to_time: is null';
	ELSIF to_time < from_time THEN
		RAISE EXCEPTION 'to_time: % is before from_time, %', to_time, from_time;
	ELSIF points IS NULL OR points NOT BETWEEN 1 AND 100000 THEN
		RAISE EXCEPTION '%: % is not from 1 to 100000', points_name, coalesce(points::text, 'null');
	END IF;
	end_time := date_bin('10 s', to_time, timestamptz 'epoch');
	IF end_time = 'infinity' THEN
		end_time := date_bin('10 s', greatest(now(), (SELECT sampled FROM storage.counter)),
			timestamptz 'epoch') + interval '10 s';
	END IF;
	begin_time := date_bin('10 s', from_time, timestamptz 'epoch');
	IF begin_time = '-infinity' THEN
		begin_time := coalesce(date_bin('10 s', (SELECT min(slot.since) FROM storage.slot
			WHERE slot.resource_id = find_range.resource), timestamptz 'epoch'), end_time);
	END IF;
	end_time := greatest(begin_time, end_time);
END
$$;
REVOKE ALL ON FUNCTION storage.find_range FROM PUBLIC;
COMMENT ON FUNCTION storage.find_range IS
	'Private: a span of time in steps of 10 s. Without a beginning it is that of the samples, without an end now. Refuses what is none.';

-- As a rule the number of frames tells. Those that others of the cohort fill are looked into.
CREATE FUNCTION storage.has_at_most(most integer, resource bigint, statistic bigint,
	begin_time timestamptz, end_time timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
DECLARE
	place storage.slot;
	frames bigint := 0;
BEGIN
	FOR place IN SELECT * FROM storage.slot WHERE slot.resource_id = has_at_most.resource LOOP
		frames := frames + (SELECT count(*) FROM (SELECT FROM storage.frame
			WHERE frame.resolution = 0 AND frame.cohort_id = place.cohort_id
			AND frame.statistic_id = has_at_most.statistic AND frame.bin = 0
			AND frame.time >= greatest(has_at_most.begin_time, place.since) - interval '60 s'
			AND frame.time < has_at_most.end_time + interval '60 s' LIMIT 2 * most + 100) AS f);
	END LOOP;
	RETURN frames <= most OR frames < 2 * most + 100 AND (SELECT count(*) <= most
		FROM storage.entries(resource, statistic, 0, 0, begin_time, end_time));
END
$$;
REVOKE ALL ON FUNCTION storage.has_at_most FROM PUBLIC;
COMMENT ON FUNCTION storage.has_at_most IS 'Private: whether there are at most that many samples.';

-- A resolution fits if it still has the beginning, and no more points than are wanted: intervals
-- that begin in the span. Samples count as they are, whatever their period is said to be.
CREATE FUNCTION storage.find_resolution(resource bigint, statistics bigint[],
	max_points integer, INOUT begin_time timestamptz, INOUT end_time timestamptz,
	OUT resolution integer, OUT intervals integer, OUT step double precision)
LANGUAGE plpgsql STABLE AS $$
DECLARE
	seconds CONSTANT numeric := extract(epoch FROM end_time) - extract(epoch FROM begin_time);
	level storage.resolution;
	width numeric;
BEGIN
	FOR level IN SELECT * FROM storage.resolution AS r ORDER BY r.number LOOP
		resolution := level.number;
		width := extract(epoch FROM level.length);
		CONTINUE WHEN level.number < 4 AND begin_time + interval '10 s' <= now() - level.retention;
		IF level.number = 0 THEN
			EXIT WHEN (SELECT bool_and(storage.has_at_most(max_points, find_resolution.resource, s,
				begin_time, end_time)) FROM unnest(statistics) AS s) IS NOT FALSE;
		ELSE
			EXIT WHEN ceil(extract(epoch FROM end_time) / width)
				- ceil(extract(epoch FROM begin_time) / width) <= max_points;
			width := width * ceil(seconds / width / max_points);
		END IF;
	END LOOP;
	IF resolution > 0 THEN
		begin_time := to_timestamp(ceil(extract(epoch FROM begin_time) / width) * width);
		end_time := to_timestamp(ceil(extract(epoch FROM end_time) / width) * width);
		intervals := (extract(epoch FROM end_time) - extract(epoch FROM begin_time)) / width;
		step := width;
	END IF;
END
$$;
REVOKE ALL ON FUNCTION storage.find_resolution FROM PUBLIC;
COMMENT ON FUNCTION storage.find_resolution IS
	'Private: the finest resolution that fits for the series of a resource; for other than samples, the intervals that begin in the span.';

CREATE VIEW storage.gaps AS
SELECT gap.scannable_id, gap.begin_time, gap.end_time, gap.reason FROM storage.gap;
COMMENT ON VIEW storage.gaps IS 'Why samples are missing.';
COMMENT ON COLUMN storage.gaps.scannable_id IS 'The scannable that was not sampled: storage.resources.id; null: all of them.';
COMMENT ON COLUMN storage.gaps.begin_time IS 'Since when samples were missing.';
COMMENT ON COLUMN storage.gaps.end_time IS 'When there were samples again; null while there are none.';
COMMENT ON COLUMN storage.gaps.reason IS
	'offline (the scannable failed), deadline (a scan took too long), crash (of the plugin), database (a runner that had just started waited for it), dropped (more than could be kept while the database was away, or slow), stopped (the runner did not run), or paused (by a person).';

CREATE VIEW storage.pauses AS
SELECT pause.scannable_id, pause.plugin, pause.begin_time, pause.user_id, pause.reason
FROM storage.pause;
COMMENT ON VIEW storage.pauses IS 'What a person has paused: it is not scanned until it is resumed.';
COMMENT ON COLUMN storage.pauses.scannable_id IS 'The scannable: storage.resources.id; null: all that the plugin has.';
COMMENT ON COLUMN storage.pauses.plugin IS 'Name of its plugin.';
COMMENT ON COLUMN storage.pauses.begin_time IS 'Since when it is paused.';
COMMENT ON COLUMN storage.pauses.user_id IS 'Number of the user who paused it.';
COMMENT ON COLUMN storage.pauses.reason IS 'Why, in the words of that user, or null.';

CREATE FUNCTION storage.find_gaps(resource bigint, begin_time timestamptz, end_time timestamptz)
RETURNS TABLE (from_time timestamptz, to_time timestamptz, reason text)
LANGUAGE sql STABLE
BEGIN ATOMIC
	WITH place AS (
		SELECT cohort.scannable_id FROM storage.slot
		JOIN storage.cohort ON cohort.id = slot.cohort_id WHERE slot.resource_id = find_gaps.resource
		UNION
		SELECT resources.scannable_id FROM storage.resources WHERE resources.id = find_gaps.resource
	)
	SELECT gap.begin_time, gap.end_time, gap.reason FROM (
		SELECT own.* FROM place JOIN storage.gap AS own ON own.scannable_id = place.scannable_id
		UNION ALL
		SELECT common.* FROM storage.gap AS common WHERE common.scannable_id IS NULL
	) AS gap
	WHERE gap.begin_time < find_gaps.end_time
	AND (gap.end_time IS NULL OR gap.end_time > find_gaps.begin_time)
	ORDER BY gap.begin_time, gap.id;
END;
REVOKE ALL ON FUNCTION storage.find_gaps FROM PUBLIC;
COMMENT ON FUNCTION storage.find_gaps IS 'Private: when and why samples of a resource are missing in a span of time.';

CREATE FUNCTION storage.interval_rows(resource bigint, statistic bigint, counter boolean,
	resolution integer, begin_time timestamptz, end_time timestamptz, intervals integer, before interval)
RETURNS TABLE ("time" timestamptz, value double precision, minimum double precision,
	maximum double precision, count bigint, gap text)
LANGUAGE sql STABLE
BEGIN ATOMIC
	WITH gap AS MATERIALIZED (
		SELECT g.* FROM storage.find_gaps(interval_rows.resource, interval_rows.begin_time,
			interval_rows.end_time) AS g
	)
	SELECT i.begin_time, p.value, p.minimum, p.maximum, coalesce(p.count, 0),
		CASE WHEN p.count IS NULL THEN (SELECT gap.reason FROM gap WHERE gap.from_time < i.end_time
			AND (gap.to_time IS NULL OR gap.to_time > i.begin_time) ORDER BY gap.from_time LIMIT 1) END
	FROM (SELECT number, storage.place_in(interval_rows.begin_time, interval_rows.end_time,
				interval_rows.intervals, number) AS begin_time,
			storage.place_in(interval_rows.begin_time, interval_rows.end_time,
				interval_rows.intervals, number + 1) AS end_time
		FROM generate_series(0::bigint, interval_rows.intervals - 1) AS number) AS i
	LEFT JOIN storage.interval_points(interval_rows.resource, interval_rows.statistic,
		interval_rows.counter, 0, interval_rows.resolution, interval_rows.begin_time,
		interval_rows.end_time, interval_rows.intervals, interval_rows.before) AS p
		ON p.number = i.number
	ORDER BY i.number;
END;
REVOKE ALL ON FUNCTION storage.interval_rows FROM PUBLIC;
COMMENT ON FUNCTION storage.interval_rows IS 'Private: several equal intervals, and why there is nothing in those without samples.';

CREATE FUNCTION storage.samples(resource bigint, statistic text, from_time timestamptz,
	to_time timestamptz, max_points integer DEFAULT 1000)
RETURNS TABLE ("time" timestamptz, value double precision, minimum double precision,
	maximum double precision, count bigint, gap text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
SET plan_cache_mode = force_custom_plan SET extra_float_digits = 1 AS $$
DECLARE
	series CONSTANT storage.statistic := storage.find_statistic(resource, statistic, false);
	counter CONSTANT boolean := series.type = 'Counter';
	range record;
	fit record;
BEGIN
	range := storage.find_range(resource, from_time, to_time, 'max_points', max_points);
	fit := storage.find_resolution(resource, ARRAY[series.id], max_points, range.begin_time,
		range.end_time);
	IF fit.intervals IS NULL THEN
		RETURN QUERY
		SELECT p.time, p.value, p.minimum, p.maximum, p.count, NULL::text
		FROM storage.points(samples.resource, series.id, counter, 0, 0, fit.begin_time,
			fit.end_time, NULL) AS p
		WHERE p.value IS NOT NULL
		UNION ALL
		SELECT greatest(g.from_time, fit.begin_time), NULL, NULL, NULL, 0, g.reason
		FROM storage.find_gaps(samples.resource, fit.begin_time, fit.end_time) AS g
		ORDER BY 1;
	ELSE
		RETURN QUERY
		SELECT r.time, r.value, r.minimum, r.maximum, r.count, r.gap
		FROM (SELECT i.*, lag(i.gap) OVER (ORDER BY i.time) AS gap_before
			FROM storage.interval_rows(samples.resource, series.id, counter, fit.resolution,
				fit.begin_time, fit.end_time, fit.intervals, interval '0') AS i) AS r
		WHERE r.value IS NOT NULL OR r.gap IS DISTINCT FROM r.gap_before AND r.gap IS NOT NULL
		ORDER BY r.time;
	END IF;
END
$$;
COMMENT ON FUNCTION storage.samples IS
	'Points of a gauge or counter of a resource, oldest first, from from_time up to but not including to_time, both rounded down to 10 s: the samples if they still exist since from_time and are at most max_points, else what intervals of 1 min, 5 min, 1 h or days that begin in that span come to: the finest of which that holds. Of a gauge: its value, of intervals the mean, and minimum and maximum. Of a counter: the rate per second since the point before, never negative; the first point has none and is left out, and one that is less than 0.1 s after the point before is joined with the next. count is how many samples a point is made of. A row with a gap and no value says why samples are missing from its time on: storage.gaps.reason.';

CREATE FUNCTION storage.intervals(resource bigint, statistic text, from_time timestamptz,
	to_time timestamptz, intervals integer)
RETURNS TABLE ("time" timestamptz, value double precision, minimum double precision,
	maximum double precision, count bigint, gap text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
SET plan_cache_mode = force_custom_plan SET extra_float_digits = 1 AS $$
DECLARE
	series CONSTANT storage.statistic := storage.find_statistic(resource, statistic, false);
	counter CONSTANT boolean := series.type = 'Counter';
	range record;
	level storage.resolution;
	chosen storage.resolution;
	step numeric;
BEGIN
	range := storage.find_range(resource, from_time, to_time, 'intervals', intervals);
	step := (extract(epoch FROM range.end_time) - extract(epoch FROM range.begin_time)) / intervals;
	IF step = 0 THEN
		RAISE EXCEPTION 'to_time: % is less than 10 s after from_time, %', to_time, from_time;
	END IF;
	-- The coarsest that has the very intervals, else the finest that there still is.
	FOR level IN SELECT * FROM storage.resolution AS r
		WHERE r.number = 4 OR range.begin_time + interval '10 s' > now() - r.retention ORDER BY r.number
	LOOP
		IF chosen.number IS NULL OR step % extract(epoch FROM level.length) = 0
			AND extract(epoch FROM range.begin_time) % extract(epoch FROM level.length) = 0
		THEN
			chosen := level;
		END IF;
	END LOOP;
	RETURN QUERY
	SELECT r.* FROM storage.interval_rows(intervals.resource, series.id, counter, chosen.number,
		range.begin_time, range.end_time, intervals.intervals,
		CASE WHEN counter THEN greatest(make_interval(secs => step::double precision), chosen.length,
			make_interval(secs => 2 * series.sample_period)) ELSE interval '0' END) AS r;
END
$$;
COMMENT ON FUNCTION storage.intervals IS
	'What a gauge or counter of a resource comes to in that many equal intervals of the time from from_time up to but not including to_time, both rounded down to 10 s. The columns are those of storage.samples(), nulls where there are no samples.';

-- Samples that follow each other within half a second are of one scan.
CREATE FUNCTION storage.merged_points(resource bigint, statistics bigint[], resolution integer,
	begin_time timestamptz, end_time timestamptz, intervals integer)
RETURNS TABLE ("time" timestamptz, "values" double precision[])
LANGUAGE sql STABLE
BEGIN ATOMIC
	WITH point AS (
		SELECT s.place, p.time, p.value, p.time - lag(p.time) OVER (ORDER BY p.time)
			<= CASE WHEN merged_points.intervals IS NULL THEN interval '0.5 s' ELSE interval '0' END AS joins
		FROM unnest(merged_points.statistics) WITH ORDINALITY AS s (id, place)
		JOIN storage.statistic ON statistic.id = s.id
		CROSS JOIN LATERAL storage.points(merged_points.resource, s.id, statistic.type = 'Counter', 0,
			merged_points.resolution, merged_points.begin_time, merged_points.end_time,
			merged_points.intervals) AS p
	), scanned AS (
		SELECT point.place, point.time, point.value,
			count(*) FILTER (WHERE point.joins IS NOT TRUE) OVER (ORDER BY point.time) AS scan
		FROM point
	), turn AS (
		SELECT scanned.*,
			row_number() OVER (PARTITION BY scanned.scan, scanned.place ORDER BY scanned.time) AS turn
		FROM scanned
	), moment AS (
		SELECT turn.scan, turn.turn, min(turn.time) AS time,
			bool_or(turn.value IS NULL) AS lacks, bool_or(turn.value IS NOT NULL) AS has,
			row_number() OVER (ORDER BY min(turn.time), turn.turn) AS number
		FROM turn GROUP BY turn.scan, turn.turn
	)
	SELECT moment.time, array_agg(turn.value ORDER BY place.place)
	FROM moment CROSS JOIN generate_series(1, cardinality(merged_points.statistics)) AS place (place)
	LEFT JOIN turn ON turn.scan = moment.scan AND turn.turn = moment.turn AND turn.place = place.place
	WHERE moment.has AND NOT (moment.lacks AND moment.number = 1)
	GROUP BY moment.number, moment.time ORDER BY moment.number;
END;
REVOKE ALL ON FUNCTION storage.merged_points FROM PUBLIC;
COMMENT ON FUNCTION storage.merged_points IS 'Private: the points of several series, those of a time in one row.';

CREATE FUNCTION storage.series(resource bigint, statistics text[], from_time timestamptz,
	to_time timestamptz, max_points integer DEFAULT 1000)
RETURNS TABLE ("time" timestamptz, "values" double precision[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
SET plan_cache_mode = force_custom_plan SET extra_float_digits = 1 AS $$
DECLARE
	ids bigint[];
	range record;
	fit record;
BEGIN
	IF coalesce(cardinality(statistics), 0) = 0 THEN
		RAISE EXCEPTION 'statistics: names none';
	END IF;
	SELECT array_agg((storage.find_statistic(series.resource, s.name, false)).id ORDER BY s.place) INTO ids
	FROM unnest(statistics) WITH ORDINALITY AS s (name, place);
	range := storage.find_range(resource, from_time, to_time, 'max_points', max_points);
	fit := storage.find_resolution(resource, ids, max_points, range.begin_time, range.end_time);
	RETURN QUERY
	SELECT p.* FROM storage.merged_points(series.resource, ids, fit.resolution, fit.begin_time,
		fit.end_time, fit.intervals) AS p;
END
$$;
COMMENT ON FUNCTION storage.series IS
	'Points of several gauges and counters of a resource, as storage.samples() gives them, with one row for those of one scan or interval: values in the order of the names, null where a statistic has none. If there are counters, an earliest row that lacks their rates is left out.';

CREATE FUNCTION storage.histogram_samples(resource bigint, statistic text, from_time timestamptz,
	to_time timestamptz, max_points integer DEFAULT 1000)
RETURNS TABLE ("time" timestamptz, counts double precision[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
SET plan_cache_mode = force_custom_plan SET extra_float_digits = 1 AS $$
DECLARE
	series CONSTANT storage.statistic := storage.find_statistic(resource, statistic, true);
	bins CONSTANT integer := json_array_length(series.bins);
	range record;
	fit record;
BEGIN
	range := storage.find_range(resource, from_time, to_time, 'max_points', max_points);
	fit := storage.find_resolution(resource, ARRAY[series.id], max_points, range.begin_time,
		range.end_time);
	RETURN QUERY
	SELECT p.time, array_agg(p.value ORDER BY bin)
	FROM generate_series(0, bins - 1) AS bin
	CROSS JOIN LATERAL storage.points(histogram_samples.resource, series.id, false, bin,
		fit.resolution, fit.begin_time, fit.end_time, fit.intervals) AS p
	GROUP BY p.time HAVING count(*) = bins ORDER BY p.time;
END
$$;
COMMENT ON FUNCTION storage.histogram_samples IS
	'The histograms of a statistic of a resource in the course of time, with one count for each bin; see storage.samples(). Of intervals, the mean of each bin.';

-- Asked for often in one session, it does without a plan of its own each time.
CREATE FUNCTION storage.newest(resource bigint, statistic bigint, OUT "time" timestamptz,
	OUT value double precision, OUT counts bigint[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
SET plan_cache_mode = auto AS $$
DECLARE
	kind CONSTANT storage.statistic := s FROM storage.statistic AS s WHERE s.id = newest.statistic;
	level storage.resolution;
	place storage.slot;
	found record;
BEGIN
	FOR level IN SELECT * FROM storage.resolution AS r ORDER BY r.number LOOP
		FOR place IN SELECT * FROM storage.slot WHERE slot.resource_id = newest.resource LOOP
			SELECT f.time AS frame_time, f.e, sample.time INTO found
			FROM (SELECT frame.time, storage.frame_entry(frame.payload, place.slot) AS e
				FROM storage.frame
				WHERE frame.resolution = level.number AND frame.cohort_id = place.cohort_id
				AND frame.statistic_id = kind.id AND frame.bin = 0
				AND frame.time >= place.since - greatest(level.length, interval '60 s')
				ORDER BY frame.time DESC OFFSET 0) AS f,
			LATERAL (SELECT CASE WHEN level.number = 0
				THEN f.time + f.e[1] * interval '1 us' WHEN f.e IS NOT NULL THEN f.time END) AS sample (time)
			WHERE sample.time >= place.since
			OR level.number > 0 AND sample.time + level.length > place.since
			LIMIT 1;
			CONTINUE WHEN found IS NULL OR found.time <= newest.time;
			newest.time := found.time;
			IF kind.bins IS NULL THEN
				value := CASE WHEN level.number = 0 THEN found.e[2] WHEN kind.type = 'Counter' THEN found.e[6]
					ELSE found.e[2] / found.e[1] END;
			ELSE
				SELECT array_agg((CASE WHEN level.number = 0 THEN f.e[2] ELSE f.e[2] / f.e[1] END)::bigint
					ORDER BY f.bin) INTO counts
				FROM (SELECT frame.bin, storage.frame_entry(frame.payload, place.slot) AS e
					FROM storage.frame
					WHERE frame.resolution = level.number AND frame.cohort_id = place.cohort_id
					AND frame.statistic_id = kind.id AND frame.time = found.frame_time) AS f;
			END IF;
		END LOOP;
		EXIT WHEN newest.time IS NOT NULL;
	END LOOP;
END
$$;
COMMENT ON FUNCTION storage.newest IS
	'Private: the newest sample of a statistic of a resource; nulls if there is none. If samples are not kept any more, what the newest interval comes to.';

CREATE FUNCTION storage.latest(resource bigint)
RETURNS TABLE (statistic text, "time" timestamptz, value double precision, counts bigint[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	class bigint;
BEGIN
	SELECT r.class_id INTO class FROM storage.resources AS r WHERE r.id = latest.resource;
	IF class IS NULL THEN
		RAISE EXCEPTION 'resource: there is no resource %', coalesce(latest.resource::text, 'null');
	END IF;
	RETURN QUERY
	SELECT s.name, date_bin('10 s', n.time, timestamptz 'epoch'), n.value, n.counts
	FROM storage.statistic AS s CROSS JOIN LATERAL storage.newest(latest.resource, s.id) AS n
	WHERE s.class_id = class AND s.declared ORDER BY s.id;
END
$$;
COMMENT ON FUNCTION storage.latest IS
	'Every statistic of a resource with its newest sample and the time of that, rounded down to 10 s; nulls if there is none. value is that of a gauge or the count of a counter, counts has one number for each bin of a histogram.';

CREATE VIEW storage.histograms AS
SELECT resources.id AS resource_id, statistic.name AS statistic, newest.time, newest.counts
FROM storage.resources
JOIN storage.statistic ON statistic.class_id = resources.class_id
CROSS JOIN LATERAL storage.newest(resources.id, statistic.id)
WHERE statistic.declared AND statistic.bins IS NOT NULL AND newest.time IS NOT NULL;
COMMENT ON VIEW storage.histograms IS 'The newest histogram of each resource and statistic.';
COMMENT ON COLUMN storage.histograms.resource_id IS 'The resource: storage.resources.id.';
COMMENT ON COLUMN storage.histograms.statistic IS 'Name of the statistic in the class of the resource.';
COMMENT ON COLUMN storage.histograms.time IS 'When it was taken.';
COMMENT ON COLUMN storage.histograms.counts IS 'One count for each bin of the statistic.';

CREATE FUNCTION storage.epoch("time" timestamptz) RETURNS double precision
LANGUAGE sql STABLE PARALLEL SAFE RETURN extract(epoch FROM "time")::double precision;
REVOKE ALL ON FUNCTION storage.epoch FROM PUBLIC;
COMMENT ON FUNCTION storage.epoch IS 'Private: seconds since 1970.';

CREATE FUNCTION storage.chart(resource bigint, title text, statistics bigint[], resolution integer,
	begin_time timestamptz, end_time timestamptz, intervals integer) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
	series jsonb;
	points jsonb;
BEGIN
	IF EXISTS (SELECT FROM storage.statistic AS s WHERE s.id = statistics[1] AND s.bins IS NOT NULL) THEN
		SELECT jsonb_agg(jsonb_build_object('statistic', s.name, 'label', s.label, 'units', s.units,
			'bin_labels', s.bin_labels, 'time', storage.epoch(n.time), 'counts', n.counts) ORDER BY i.place)
		INTO series
		FROM unnest(statistics) WITH ORDINALITY AS i (id, place)
		JOIN storage.statistic AS s ON s.id = i.id
		CROSS JOIN LATERAL storage.newest(chart.resource, s.id) AS n;
		RETURN jsonb_build_object('title', title, 'type', 'histogram', 'series', series);
	END IF;
	SELECT jsonb_agg(jsonb_build_object('statistic', s.name, 'label', s.label, 'units', s.units,
		'type', s.type) ORDER BY i.place) INTO series
	FROM unnest(statistics) WITH ORDINALITY AS i (id, place)
	JOIN storage.statistic AS s ON s.id = i.id;
	SELECT jsonb_build_object('times', coalesce(jsonb_agg(storage.epoch(p.time) ORDER BY p.time), '[]'),
		'values', coalesce(jsonb_agg(to_jsonb(p.values) ORDER BY p.time), '[]')) INTO points
	FROM storage.merged_points(chart.resource, chart.statistics, chart.resolution, chart.begin_time,
		chart.end_time, chart.intervals) AS p;
	RETURN jsonb_build_object('title', title, 'type', 'series', 'series', series) || points;
END
$$;
REVOKE ALL ON FUNCTION storage.chart FROM PUBLIC;
COMMENT ON FUNCTION storage.chart IS 'Private: one chart with its points.';

CREATE FUNCTION storage.charts(resource bigint, from_time timestamptz, to_time timestamptz,
	max_points integer DEFAULT 1000) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
SET plan_cache_mode = force_custom_plan SET extra_float_digits = 1 AS $$
DECLARE
	class storage.class;
	series bigint[];
	range record;
	fit record;
BEGIN
	SELECT c.* INTO class FROM storage.resources AS r JOIN storage.class AS c ON c.id = r.class_id
	WHERE r.id = charts.resource;
	IF class.id IS NULL THEN
		RAISE EXCEPTION 'resource: there is no resource %', coalesce(charts.resource::text, 'null');
	END IF;
	SELECT coalesce(array_agg(s.id), '{}') INTO series FROM storage.statistic AS s
	WHERE s.class_id = class.id AND s.declared AND s.bins IS NULL;
	range := storage.find_range(resource, from_time, to_time, 'max_points', max_points);
	fit := storage.find_resolution(resource, series, max_points, range.begin_time, range.end_time);
	RETURN jsonb_build_object('resource', charts.resource,
		'from', storage.epoch(fit.begin_time), 'to', storage.epoch(fit.end_time),
		'step', fit.step,
		'charts', (SELECT coalesce(jsonb_agg(storage.chart(charts.resource, chart->>'title',
				ARRAY(SELECT s.id FROM json_array_elements_text(chart->'series') WITH ORDINALITY AS n (name, place)
					JOIN storage.statistic AS s ON s.name = n.name
					WHERE s.class_id = class.id AND s.declared ORDER BY n.place),
				fit.resolution, fit.begin_time, fit.end_time, fit.intervals) ORDER BY c.place), '[]')
			FROM json_array_elements(class.charts) WITH ORDINALITY AS c (chart, place)),
		'gaps', (SELECT coalesce(jsonb_agg(jsonb_build_object('from', storage.epoch(g.from_time),
				'to', storage.epoch(g.to_time), 'reason', g.reason) ORDER BY g.from_time), '[]')
			FROM storage.find_gaps(charts.resource, fit.begin_time, fit.end_time) AS g));
END
$$;
COMMENT ON FUNCTION storage.charts IS
	'All that the charts of a resource need, as one object: resource; from, to and step in seconds (step is null for samples as they are); charts, each with title, type ("series" or "histogram") and series: of time series statistic, label, units and type, beside them times (seconds since 1970) and values (for each time those of all series, or null, as storage.series() gives them); of histograms statistic, label, units, bin_labels, and time and counts of the newest one; gaps: from, to (null while it lasts) and reason.';

-- Servers, volumes, and their nodes.

CREATE VIEW storage.servers AS
SELECT server.id, server.address, server.fqdn, coalesce(server.fqdn, server.address) AS name,
	server.state, server.source, server.recorded,
	ARRAY(SELECT peer_id FROM storage.server_peer WHERE server_id = server.id ORDER BY peer_id) AS peers
FROM storage.server;
COMMENT ON VIEW storage.servers IS
	'Servers that are known by address. The notification of a batch that makes or changes some says so: "servers" is how many.';
COMMENT ON COLUMN storage.servers.id IS 'Number of the server: the host_id of its device nodes. Never used for another one.';
COMMENT ON COLUMN storage.servers.address IS 'Address, unique regardless of case.';
COMMENT ON COLUMN storage.servers.fqdn IS 'Full name, or null as long as the manager has not said it.';
COMMENT ON COLUMN storage.servers.name IS 'What to call it: the full name, else the address.';
COMMENT ON COLUMN storage.servers.state IS
	'requested: the manager is to set it up; found: the machine of a scan, there is nothing to set up; or what the manager says with storage.set_server().';
COMMENT ON COLUMN storage.servers.source IS
	'Where it comes from: "virtual machine" (a plugin reports it), "scan" (the machine that a scannable stands for), or "manager" (storage.add_server()).';
COMMENT ON COLUMN storage.servers.recorded IS 'When the record was made.';
COMMENT ON COLUMN storage.servers.peers IS
	'Numbers of the servers that can take over from it, and it from them. An HA cluster is a largest set of servers that are all peers of each other.';

CREATE VIEW storage.volume_nodes AS
SELECT volume_node.id, volume_node.volume_id, volume_node.resource_id, volume_node.server_id,
	coalesce(server.fqdn, server.address) AS server, volume_node.path,
	volume_node.is_primary AS "primary", volume_node.is_used AND NOT volume_node.is_primary AS secondary,
	volume_node.is_used AS used, volume_node.weight
FROM storage.volume_node
JOIN storage.resources ON resources.id = volume_node.resource_id
LEFT JOIN storage.server ON server.id = volume_node.server_id;
COMMENT ON VIEW storage.volume_nodes IS 'Paths to volumes: what a volume is called on one server.';
COMMENT ON COLUMN storage.volume_nodes.id IS 'Number of the node: the same as long as it exists.';
COMMENT ON COLUMN storage.volume_nodes.volume_id IS 'The volume that it leads to: storage.volumes.id.';
COMMENT ON COLUMN storage.volume_nodes.resource_id IS 'The device node: storage.resources.id.';
COMMENT ON COLUMN storage.volume_nodes.server_id IS
	'Number of the server that it is on, which need not be in storage.servers; null: unknown.';
COMMENT ON COLUMN storage.volume_nodes.server IS 'What to call that server; null if it is not in storage.servers.';
COMMENT ON COLUMN storage.volume_nodes.path IS 'Path on that server; a server has each path once.';
COMMENT ON COLUMN storage.volume_nodes."primary" IS 'Whether this is the way that is used first; at most one of a volume is.';
COMMENT ON COLUMN storage.volume_nodes.secondary IS 'Whether this is a way to use when the primary one fails: it is on a peer of that server.';
COMMENT ON COLUMN storage.volume_nodes.used IS 'Whether it is primary or secondary.';
COMMENT ON COLUMN storage.volume_nodes.weight IS 'Sum of the path weights above the device node; null if there are none.';

CREATE VIEW storage.volumes AS
SELECT volume.id, volume.drive_id, volume.label, drive.class_label AS kind, volume.size,
	volume.filesystem_type, node.count AS nodes,
	CASE WHEN node.primaries > 0 AND node.used > 1 THEN 'configured-ha'
		WHEN node.count = 1 OR node.primaries > 0 THEN 'configured-noha'
		ELSE 'unconfigured' END AS status,
	NOT volume.unusable AND (node.count = 1 OR node.primaries > 0) AS usable,
	NOT volume.unusable AND (node.count = 1 OR node.primaries > 0) AND NOT volume.in_use AS unused,
	volume.unusable AS unusable_for_lustre, volume.in_use, volume.chosen
FROM storage.volume
JOIN storage.resources AS drive ON drive.id = volume.drive_id
CROSS JOIN LATERAL (
	SELECT count(*) AS count, count(*) FILTER (WHERE volume_nodes."primary") AS primaries,
		count(*) FILTER (WHERE volume_nodes.used) AS used
	FROM storage.volume_nodes WHERE volume_nodes.volume_id = volume.id
) AS node;
COMMENT ON VIEW storage.volumes IS
	'Logical drives that servers can use: those that a device node leads to and nothing occupies. Those of one server: WHERE id IN (SELECT volume_id FROM storage.volume_nodes WHERE server_id = …).';
COMMENT ON COLUMN storage.volumes.id IS 'Number of the volume: the same as long as it exists, and never used for another one.';
COMMENT ON COLUMN storage.volumes.drive_id IS 'Its logical drive: storage.resources.id.';
COMMENT ON COLUMN storage.volumes.label IS
	'Name of the drive, or of the one drive that it is made of: a LUN rather than the disk that servers see.';
COMMENT ON COLUMN storage.volumes.kind IS 'Label of the class of the drive.';
COMMENT ON COLUMN storage.volumes.size IS 'Size in bytes; null if unknown.';
COMMENT ON COLUMN storage.volumes.filesystem_type IS 'Type of the file system on it, or null.';
COMMENT ON COLUMN storage.volumes.nodes IS 'Number of its nodes.';
COMMENT ON COLUMN storage.volumes.status IS
	'configured-ha (primary and secondary nodes), configured-noha (a primary node alone, or a single node), else unconfigured.';
COMMENT ON COLUMN storage.volumes.usable IS 'Whether it can be offered: usable for Lustre, with a single node or a primary one.';
COMMENT ON COLUMN storage.volumes.unused IS 'Whether it can be offered and is not in use.';
COMMENT ON COLUMN storage.volumes.unusable_for_lustre IS 'Whether its class can''t carry a Lustre target.';
COMMENT ON COLUMN storage.volumes.in_use IS
	'Whether the manager uses it (storage.set_in_use()). Its nodes keep their roles then, and it stays as long as its drive does.';
COMMENT ON COLUMN storage.volumes.chosen IS 'Whether the roles of its nodes are a user''s choice (storage.choose_nodes()).';

CREATE VIEW storage.volume_resources AS
SELECT volume.id AS volume_id, volume.drive_id AS resource_id FROM storage.volume
UNION ALL
SELECT volume_node.volume_id, volume_node.resource_id FROM storage.volume_node;
COMMENT ON VIEW storage.volume_resources IS
	'What volumes consist of: a problem that reaches one of these resources reaches the volume.';
COMMENT ON COLUMN storage.volume_resources.volume_id IS 'The volume: storage.volumes.id.';
COMMENT ON COLUMN storage.volume_resources.resource_id IS 'Its drive, or the device node of one of its nodes: storage.resources.id.';

-- What is at risk is looked for by those who ask: it follows links and volumes without being kept,
-- and for one alert with 10,000 resources below takes 50 ms whatever else there is, about as long
-- as writing them down would take with each transition.
CREATE VIEW storage.affected_volumes AS
SELECT reached.alert_id, volumes.id AS volume_id,
	bool_and(reached.resource_id <> volumes.drive_id) AS paths_only
FROM (SELECT affected.alert_id, affected.resource_id FROM storage.affected
	UNION ALL
	SELECT alerts.id, alerts.resource_id FROM storage.alerts WHERE alerts.active)
	AS reached (alert_id, resource_id)
JOIN storage.volume_resources ON volume_resources.resource_id = reached.resource_id
JOIN storage.volumes ON volumes.id = volume_resources.volume_id
GROUP BY reached.alert_id, volumes.id;
COMMENT ON VIEW storage.affected_volumes IS
	'The volumes that each active alert puts at risk: those whose logical drive, or a device node of which, has the problem or depends on what has it.';
COMMENT ON COLUMN storage.affected_volumes.alert_id IS 'The active alert: storage.alerts.id.';
COMMENT ON COLUMN storage.affected_volumes.volume_id IS 'The volume: storage.volumes.id.';
COMMENT ON COLUMN storage.affected_volumes.paths_only IS
	'Whether only ways to the volume are at risk, not the logical drive.';

CREATE VIEW storage.affected_servers AS
SELECT affected_volumes.alert_id, volume_nodes.server_id, volume_nodes.server,
	count(DISTINCT volume_nodes.volume_id) AS volumes
FROM storage.affected_volumes
JOIN storage.alerts ON alerts.id = affected_volumes.alert_id
JOIN storage.volume_nodes ON volume_nodes.volume_id = affected_volumes.volume_id
WHERE volume_nodes.server_id IS NOT NULL
AND (NOT affected_volumes.paths_only
	OR alerts.resource_id IN (SELECT id FROM storage.ancestors(volume_nodes.resource_id)))
GROUP BY affected_volumes.alert_id, volume_nodes.server_id, volume_nodes.server;
COMMENT ON VIEW storage.affected_servers IS
	'The servers that each active alert concerns: those with a way at risk to a volume.';
COMMENT ON COLUMN storage.affected_servers.alert_id IS 'The active alert: storage.alerts.id.';
COMMENT ON COLUMN storage.affected_servers.server_id IS
	'Number of the server, which need not be in storage.servers.';
COMMENT ON COLUMN storage.affected_servers.server IS 'What to call it; null if it is not in storage.servers.';
COMMENT ON COLUMN storage.affected_servers.volumes IS 'Number of the volumes that it may lose a way to.';

-- What the manager, and users, tell the runner. Each function leaves a request and notifies the runner, which
-- does it at once, or when it is started; until then the views show what was before.

CREATE FUNCTION storage.ask_runner(kind text, arguments jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	INSERT INTO storage.request (kind, arguments) VALUES (ask_runner.kind, ask_runner.arguments);
	SELECT pg_notify('storage_manager', '');
END;
REVOKE ALL ON FUNCTION storage.ask_runner FROM PUBLIC;
COMMENT ON FUNCTION storage.ask_runner IS 'Private: leaves a request for the runner.';

CREATE FUNCTION storage.check_server(server bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM storage.server WHERE id = check_server.server) AND NOT EXISTS (
		SELECT FROM storage.request
		WHERE kind = 'add_server' AND (arguments->>'server')::bigint = check_server.server)
	THEN
		RAISE EXCEPTION 'there is no server %', check_server.server;
	END IF;
END
$$;
REVOKE ALL ON FUNCTION storage.check_server FROM PUBLIC;
COMMENT ON FUNCTION storage.check_server IS 'Private: refuses a server that is neither there nor asked for.';

CREATE FUNCTION storage.add_server(address text, fqdn text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	number bigint;
BEGIN
	IF coalesce(add_server.address, '') = '' THEN
		RAISE EXCEPTION 'a server needs an address';
	ELSIF add_server.fqdn = '' THEN
		RAISE EXCEPTION 'the full name of a server can''t be empty';
	END IF;
	PERFORM pg_advisory_xact_lock(4803916, 2);
	SELECT id INTO number FROM storage.server WHERE lower(server.address) = lower(add_server.address);
	IF number IS NULL THEN
		SELECT (arguments->>'server')::bigint INTO number FROM storage.request
		WHERE kind = 'add_server' AND lower(arguments->>'address') = lower(add_server.address);
	END IF;
	IF number IS NULL THEN
		number := nextval('storage.server_number');
		PERFORM storage.ask_runner('add_server',
			jsonb_build_object('server', number, 'address', add_server.address, 'fqdn', add_server.fqdn));
	END IF;
	RETURN number;
END
$$;
COMMENT ON FUNCTION storage.add_server IS
	'Adds a server, and gives its number: that of the server with this address if there is one.';

CREATE FUNCTION storage.set_server(server bigint, state text, fqdn text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM storage.check_server(set_server.server);
	IF set_server.state = '' OR set_server.fqdn = '' THEN
		RAISE EXCEPTION 'state and full name of a server can''t be empty';
	END IF;
	PERFORM storage.ask_runner('set_server', jsonb_build_object('server', set_server.server,
		'state', set_server.state, 'fqdn', set_server.fqdn));
END
$$;
COMMENT ON FUNCTION storage.set_server IS
	'Says how far a server is, and what its full name is; null leaves either as it is.';

CREATE FUNCTION storage.remove_server(server bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM storage.check_server(remove_server.server);
	PERFORM storage.ask_runner('remove_server', jsonb_build_object('server', remove_server.server));
END
$$;
COMMENT ON FUNCTION storage.remove_server IS
	'Removes the record of a server, and its links to peers. A virtual machine that was associated with it is not given another one.';

CREATE FUNCTION storage.set_peers(server bigint, peers bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM storage.check_server(set_peers.server);
	PERFORM storage.check_server(peer) FROM unnest(set_peers.peers) AS peer;
	PERFORM storage.ask_runner('set_peers', jsonb_build_object('server', set_peers.server,
		'peers', to_jsonb(ARRAY(SELECT DISTINCT unnest(set_peers.peers)))));
END
$$;
COMMENT ON FUNCTION storage.set_peers IS
	'Says which servers are the peers of one, in both directions; others are not any more. Volumes that have nodes on it are balanced anew, unless they are in use or a user''s choice.';

CREATE FUNCTION storage.set_in_use(volume bigint, in_use boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM storage.volume AS v WHERE v.id = set_in_use.volume) THEN
		RAISE EXCEPTION 'there is no volume %', set_in_use.volume;
	END IF;
	PERFORM storage.ask_runner('set_in_use', jsonb_build_object('volume', set_in_use.volume,
		'in_use', coalesce(set_in_use.in_use, false)));
END
$$;
COMMENT ON FUNCTION storage.set_in_use IS 'Says whether the manager uses a volume: see storage.volumes.in_use.';

CREATE FUNCTION storage.choose_nodes(volume bigint, primary_nodes bigint[], secondary_nodes bigint[])
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	chosen bigint[] := coalesce(primary_nodes, '{}') || coalesce(secondary_nodes, '{}');
	target storage.volume;
	wrong text;
BEGIN
	SELECT * INTO target FROM storage.volume AS v WHERE v.id = choose_nodes.volume;
	IF target.id IS NULL THEN
		RAISE EXCEPTION 'there is no volume %', choose_nodes.volume;
	ELSIF target.in_use THEN
		wrong := 'it is in use';
	ELSIF cardinality(chosen) > (SELECT count(*) FROM storage.volume_node AS n
			WHERE n.volume_id = target.id AND n.id = ANY (chosen)) THEN
		wrong := 'a node that was chosen is not one of its nodes, or was chosen twice';
	ELSIF EXISTS (SELECT FROM storage.volume_node AS a JOIN storage.volume_node AS b ON a.id < b.id
			WHERE a.id = ANY (chosen) AND b.id = ANY (chosen) AND NOT EXISTS (
				SELECT FROM storage.server_peer AS p
				WHERE p.server_id = a.server_id AND p.peer_id = b.server_id)) THEN
		wrong := 'the nodes that were chosen are not on different servers of one HA cluster';
	ELSIF cardinality(primary_nodes) > 1 THEN
		wrong := 'several primary nodes were chosen';
	ELSIF cardinality(chosen) > 0 AND coalesce(cardinality(primary_nodes), 0) = 0 THEN
		wrong := 'no primary node was chosen';
	END IF;
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION 'volume "%": %', target.label, wrong;
	END IF;
	PERFORM storage.ask_runner('choose_nodes', jsonb_build_object('volume', target.id,
		'primary', to_jsonb(coalesce(primary_nodes, '{}')),
		'secondary', to_jsonb(coalesce(secondary_nodes, '{}'))));
END
$$;
COMMENT ON FUNCTION storage.choose_nodes IS
	'Makes a user''s choice of the primary node (one) and of secondary nodes of a volume: storage.volume_nodes.id. It is kept as long as these nodes exist; other nodes are not used. Two empty arrays end the choice. Refused for a volume in use.';

CREATE FUNCTION storage.check_resource(resource bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM storage.resources AS r WHERE r.id = check_resource.resource) THEN
		RAISE EXCEPTION 'there is no resource %', check_resource.resource;
	END IF;
END
$$;
REVOKE ALL ON FUNCTION storage.check_resource FROM PUBLIC;
COMMENT ON FUNCTION storage.check_resource IS 'Private: refuses a resource that is not there.';

-- The runner goes by the same rules for those who tell it themselves.
CREATE FUNCTION storage.check_words(words text, most integer) RETURNS text
LANGUAGE sql IMMUTABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN CASE
	WHEN coalesce(btrim(check_words.words, E' \t\r\n\x0b\f'), '') = '' THEN 'May not be blank'
	WHEN check_words.words ~ '[\x01-\x1f\x7f]' THEN 'No control characters allowed'
	WHEN char_length(check_words.words) > check_words.most
	THEN format('too long: %s characters (at most %s)', char_length(check_words.words), check_words.most) END;
REVOKE ALL ON FUNCTION storage.check_words FROM PUBLIC;
COMMENT ON FUNCTION storage.check_words IS 'Private: what is wrong with a text, or null.';

CREATE FUNCTION storage.set_alias(resource bigint, alias text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	wrong text := storage.check_words(set_alias.alias, 64);
BEGIN
	PERFORM storage.check_resource(set_alias.resource);
	IF set_alias.alias IS NOT NULL THEN
		IF wrong IS NULL AND ltrim(set_alias.alias) <> set_alias.alias THEN
			wrong := 'No leading whitespace allowed';
		ELSIF wrong IS NULL AND rtrim(set_alias.alias) <> set_alias.alias THEN
			wrong := 'No trailing whitespace allowed';
		END IF;
		IF wrong IS NOT NULL THEN
			RAISE EXCEPTION 'alias: %', wrong;
		END IF;
	END IF;
	PERFORM storage.ask_runner('set_alias', jsonb_build_object('resource', set_alias.resource,
		'alias', set_alias.alias));
END
$$;
COMMENT ON FUNCTION storage.set_alias IS
	'Calls a resource by a name of up to 64 characters; null calls it again what the plugin calls it.';

CREATE FUNCTION storage.dismiss(alert bigint, dismissed boolean DEFAULT true) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM storage.alerts AS a WHERE a.id = dismiss.alert AND a.active) THEN
		RAISE EXCEPTION 'there is no active alert %', dismiss.alert;
	END IF;
	PERFORM storage.ask_runner('dismiss', jsonb_build_object('alert', dismiss.alert,
		'dismissed', coalesce(dismiss.dismissed, true)));
END
$$;
COMMENT ON FUNCTION storage.dismiss IS
	'Marks an active alert as seen by a user who does not care for it; false takes the mark back.';

CREATE FUNCTION storage.silence(resource bigint, until timestamptz, why text, who text DEFAULT NULL)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	name text := coalesce(silence.who, session_user);
	number bigint;
	wrong text;
BEGIN
	PERFORM storage.check_resource(silence.resource);
	IF silence.until IS NULL OR silence.until <= now() THEN
		RAISE EXCEPTION 'until: the time has passed already';
	ELSIF silence.until > now() + interval '366 days' THEN
		RAISE EXCEPTION 'until: at most one year from now';
	END IF;
	wrong := 'who: ' || storage.check_words(name, 100);
	wrong := coalesce(wrong, 'why: ' || storage.check_words(silence.why, 500));
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION '%', wrong;
	END IF;
	number := nextval('storage.silence_number');
	PERFORM storage.ask_runner('silence', jsonb_build_object('silence', number,
		'resource', silence.resource, 'until', (extract(epoch FROM silence.until) * 1000000)::bigint,
		'who', name, 'why', silence.why));
	RETURN number;
END
$$;
COMMENT ON FUNCTION storage.silence IS
	'Silences a resource and all that depends on it until a time, at most a year ahead, and gives the number of the silence. It says why, and who it is for: if that is not given, the user of the session.';

CREATE FUNCTION storage.unsilence(silence bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM storage.silence AS s WHERE s.id = unsilence.silence) AND NOT EXISTS (
		SELECT FROM storage.request
		WHERE kind = 'silence' AND (arguments->>'silence')::bigint = unsilence.silence)
	THEN
		RAISE EXCEPTION 'there is no silence %', unsilence.silence;
	END IF;
	PERFORM storage.ask_runner('unsilence',
		jsonb_build_object('silence', unsilence.silence, 'who', session_user));
END
$$;
COMMENT ON FUNCTION storage.unsilence IS 'Ends a silence before its time: storage.silences.id.';

-- What only the owner of the schema may do, done for a runner that does not own it.

CREATE FUNCTION storage.make_partition(resolution integer, begin_s bigint, end_s bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	parent CONSTANT text := format('frame_%s', resolution);
	partition CONSTANT text := format('frame_%s_%s_%s', resolution, begin_s, end_s);
	runner text;
BEGIN
	-- A table that is attached when it is complete locks nobody out, unlike one made as a partition.
	EXECUTE format('CREATE TABLE storage.%I (LIKE storage.%I INCLUDING STORAGE)', partition, parent);
	EXECUTE format('ALTER TABLE storage.%I ATTACH PARTITION storage.%I'
		' FOR VALUES FROM (to_timestamp(%s)) TO (to_timestamp(%s))', parent, partition, begin_s, end_s);
	-- It writes right into that of the present.
	FOR runner IN SELECT name FROM storage.role WHERE purpose = 'runner' AND make_partition.resolution = 0 LOOP
		EXECUTE format('GRANT INSERT ON storage.%I TO %I', partition, runner);
	END LOOP;
END
$$;
COMMENT ON FUNCTION storage.make_partition IS
	'Private: makes a partition of storage.frame, and holds up neither readers nor writers.';

CREATE FUNCTION storage.drop_partition(resolution integer, begin_s bigint, end_s bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	EXECUTE format('DROP TABLE storage.%I', format('frame_%s_%s_%s', resolution, begin_s, end_s));
END
$$;
COMMENT ON FUNCTION storage.drop_partition IS 'Private: drops a partition of storage.frame.';

-- Rights. The owner of the schema may do all. "iml-plugin db init" names the roles that may do less,
-- and grant_rights() is called after it and after each migration: what is new gets its rights by the
-- rules of rights(), from its kind and its comment.

CREATE TABLE storage.role (
	purpose text PRIMARY KEY CHECK (purpose IN ('runner', 'reader', 'operator')),
	name text NOT NULL
);
COMMENT ON TABLE storage.role IS
	'Roles besides the owner. runner: what the runner connects as; reader: reads views and functions; operator: a reader that may call the functions that ask the runner for something.';

CREATE FUNCTION storage.rights() RETURNS TABLE (purpose text, privilege text, kind text, object text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT who, 'USAGE', 'SCHEMA', 'storage' FROM unnest(ARRAY['runner', 'reader', 'operator']) AS who
	UNION ALL
	SELECT 'runner', verb, 'TABLE', oid::regclass::text
	FROM pg_class, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS verb
	WHERE relnamespace = 'storage'::regnamespace
	AND (relkind = 'p' OR relkind = 'r' AND NOT relispartition)
	AND (verb = 'SELECT' OR relname NOT IN ('migration', 'role'))
	UNION ALL
	SELECT who, 'SELECT', 'TABLE', oid::regclass::text
	FROM pg_class, unnest(ARRAY['runner', 'reader']) AS who
	WHERE relnamespace = 'storage'::regnamespace AND relkind = 'v'
	UNION ALL
	SELECT CASE WHEN obj_description(oid, 'pg_proc') LIKE 'Private:%' THEN 'runner' ELSE 'operator' END,
		'EXECUTE', 'FUNCTION', oid::regprocedure::text
	FROM pg_proc
	WHERE pronamespace = 'storage'::regnamespace AND provolatile = 'v' AND prosecdef
	ORDER BY 1, 3, 4, 2;
END;
COMMENT ON FUNCTION storage.rights IS
	'Private: the rights of each role. Functions that read are for all who may use the schema; those that change something are volatile and run as the owner.';

CREATE FUNCTION storage.grant_rights() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	statement text;
BEGIN
	FOR statement IN
		SELECT format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', oid::regprocedure)
		FROM pg_proc WHERE pronamespace = 'storage'::regnamespace AND provolatile = 'v'
		UNION ALL
		SELECT format('GRANT %s ON %s %s TO %I', string_agg(privilege, ', '), kind, object, role.name)
		FROM storage.rights() AS due JOIN storage.role ON role.purpose = due.purpose
		JOIN pg_roles ON rolname = role.name
		GROUP BY kind, object, role.name
	LOOP
		EXECUTE statement;
	END LOOP;
END
$$;
COMMENT ON FUNCTION storage.grant_rights IS 'Private: gives each role its rights.';
