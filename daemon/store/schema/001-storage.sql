-- SPDX-License-Identifier: MIT
-- Tables (names in the singular) belong to the runner and may change with any version. What
-- others read are the views (names in the plural) and functions below.

CREATE SCHEMA IF NOT EXISTS storage;
COMMENT ON SCHEMA storage IS
	'Storage hardware as the plugins of iml-plugin-runner report it. Read the views and functions; the tables are private.';

CREATE TABLE storage.migration (
	number integer PRIMARY KEY,
	name text NOT NULL,
	program text NOT NULL,
	applied timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE storage.migration IS 'Changes of the schema that were applied.';

-- revision counts the transactions, so that a runner that was cut off can tell whether this is
-- still the database that it knows.
CREATE TABLE storage.counter (
	single boolean PRIMARY KEY DEFAULT true CHECK (single),
	revision bigint NOT NULL DEFAULT 0,
	class bigint NOT NULL DEFAULT 0,
	statistic bigint NOT NULL DEFAULT 0,
	resource bigint NOT NULL DEFAULT 0,
	alert bigint NOT NULL DEFAULT 0,
	event bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE storage.counter IS 'The highest ids given out; one row.';
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
	CONSTRAINT resource_identity UNIQUE NULLS NOT DISTINCT (class_id, scope_id, identifier)
		DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX resource_scope ON storage.resource (scope_id);
COMMENT ON COLUMN storage.resource.secrets IS 'Passwords. No view may show them.';
REVOKE ALL ON storage.resource FROM PUBLIC;

-- Links and samples have no foreign keys: checking them takes longer than writing the rows. The
-- runner writes none that names what is not there, and the trigger forget removes them with it.
CREATE TABLE storage.parent (
	child_id bigint NOT NULL,
	parent_id bigint NOT NULL,
	reporter_id bigint NOT NULL,
	PRIMARY KEY (child_id, parent_id, reporter_id)
);
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
	CHECK (active = (end_time IS NULL))
);
CREATE UNIQUE INDEX alert_active ON storage.alert (resource_id, name) WHERE active;
CREATE INDEX alert_resource ON storage.alert (resource_id);

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

CREATE TABLE storage.sample (
	statistic_id bigint NOT NULL,
	resource_id bigint NOT NULL,
	time timestamptz NOT NULL,
	value double precision NOT NULL,
	PRIMARY KEY (statistic_id, resource_id, time)
);

CREATE TABLE storage.histogram (
	resource_id bigint NOT NULL REFERENCES storage.resource ON DELETE CASCADE,
	statistic_id bigint NOT NULL REFERENCES storage.statistic,
	time timestamptz NOT NULL,
	counts bigint[] NOT NULL,
	PRIMARY KEY (resource_id, statistic_id)
);

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
	DELETE FROM storage.sample
	USING removed JOIN storage.statistic ON statistic.class_id = removed.class_id
	WHERE sample.statistic_id = statistic.id AND sample.resource_id = removed.id;
	RETURN NULL;
END
$$;
CREATE TRIGGER forget AFTER DELETE ON storage.resource
	REFERENCING OLD TABLE AS removed
	FOR EACH STATEMENT EXECUTE FUNCTION storage.forget();

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
	coalesce(resource.alias, resource.label) AS name, resource.attributes, resource.configured
FROM storage.resource JOIN storage.class ON class.id = resource.class_id
LEFT JOIN storage.resource AS scope ON scope.id = resource.scope_id
WHERE class.loaded
AND (resource.configured OR NOT class.scannable OR resource.scope_id IS NOT NULL
	OR EXISTS (SELECT FROM storage.reporter WHERE reporter.resource_id = resource.id))
AND (scope.id IS NULL OR scope.configured OR scope.scope_id IS NOT NULL
	OR EXISTS (SELECT FROM storage.reporter WHERE reporter.resource_id = scope.id));
COMMENT ON VIEW storage.resources IS
	'Resources of the plugins in use. A scannable that left the configuration, and what is scoped to it, is hidden until it is back.';
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
	alert.message, alert.begin_time, alert.end_time, alert.active
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

CREATE VIEW storage.affected AS
WITH RECURSIVE reached (alert_id, resource_id) AS (
	SELECT alert.id, parent.child_id
	FROM storage.alert JOIN storage.parent ON parent.parent_id = alert.resource_id
	WHERE alert.active
	UNION
	SELECT reached.alert_id, parent.child_id
	FROM reached JOIN storage.parent ON parent.parent_id = reached.resource_id
)
SELECT reached.alert_id, reached.resource_id
FROM reached
JOIN storage.alerts ON alerts.id = reached.alert_id
JOIN storage.resources ON resources.id = reached.resource_id
WHERE alerts.resource_id <> reached.resource_id;
COMMENT ON VIEW storage.affected IS
	'What each active alert affects: the children of its resource, their children, and so on, each once.';
COMMENT ON COLUMN storage.affected.alert_id IS 'The active alert: storage.alerts.id.';
COMMENT ON COLUMN storage.affected.resource_id IS 'A resource that depends on the one that has the problem.';

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

CREATE VIEW storage.histograms AS
SELECT histogram.resource_id, statistic.name AS statistic, histogram.time, histogram.counts
FROM storage.histogram
JOIN storage.statistic ON statistic.id = histogram.statistic_id
JOIN storage.resources ON resources.id = histogram.resource_id
WHERE statistic.declared;
COMMENT ON VIEW storage.histograms IS 'The newest histogram of each resource and statistic.';
COMMENT ON COLUMN storage.histograms.resource_id IS 'The resource: storage.resources.id.';
COMMENT ON COLUMN storage.histograms.statistic IS 'Name of the statistic in the class of the resource.';
COMMENT ON COLUMN storage.histograms.time IS 'When it was taken.';
COMMENT ON COLUMN storage.histograms.counts IS 'One count for each bin of the statistic.';

-- The functions read private tables for callers who may not.

CREATE FUNCTION storage.ancestors(resource bigint) RETURNS TABLE (id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	WITH RECURSIVE reached (id) AS (
		SELECT parent.parent_id FROM storage.parent WHERE parent.child_id = ancestors.resource
		UNION
		SELECT parent.parent_id FROM reached JOIN storage.parent ON parent.child_id = reached.id
	)
	SELECT reached.id FROM reached JOIN storage.resources ON resources.id = reached.id
	WHERE reached.id <> ancestors.resource;
END;
COMMENT ON FUNCTION storage.ancestors IS
	'Ids of the resources that this one depends on: its parents, their parents, and so on, each once.';

CREATE FUNCTION storage.descendants(resource bigint) RETURNS TABLE (id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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

CREATE FUNCTION storage.samples(resource bigint, statistic text, from_time timestamptz,
	to_time timestamptz) RETURNS TABLE ("time" timestamptz, value double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT sample.time, sample.value
	FROM storage.resources
	JOIN storage.statistic AS series ON series.class_id = resources.class_id
	JOIN storage.sample ON sample.statistic_id = series.id AND sample.resource_id = resources.id
	WHERE resources.id = samples.resource AND series.name = samples.statistic AND series.declared
	AND sample.time >= samples.from_time AND sample.time < samples.to_time
	ORDER BY sample.time;
END;
COMMENT ON FUNCTION storage.samples IS
	'Stored values of a gauge or counter of a resource, from from_time up to but not including to_time, oldest first.';
