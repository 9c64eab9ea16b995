/* SPDX-License-Identifier: MIT */
/* The bad plugins of tests/plugins/ whose declarations are wrong, each with all that is said. */
#ifndef TESTS_REFUSALS_H
#define TESTS_REFUSALS_H

#define REASONS_MAX 12

/* A bad plugin, and why it is refused. PATH stands for its path. */
struct refusal {
	const char *file;
	const char *reasons[REASONS_MAX];
};

static const struct refusal refusals[] = {
    {"bad_alert_clash",
        {"Resource class 'Controller': two alert conditions on \"status\" with severity WARNING "
         "have the same name: give them different values of 'id'"}},
    {"bad_alert_clash_inherited",
        {"Resource class 'Ssd': two alert conditions on \"status\" with severity ERROR have the "
         "same name: give them different values of 'id'"}},
    {"bad_alert_kind",
        {"Resource class 'Controller': alert condition on \"status\": a value condition takes "
         "states, not bounds",
            "Resource class 'Controller': alert condition on \"slot\": a bound condition takes "
            "bounds, not states",
            "Resource class 'Controller': alert condition on \"slot\": a bound must be a finite "
            "number",
            "Resource class 'Controller': alert condition on \"slot\": type number 7 is unknown: "
            "declare it with IML_VALUE_CONDITION(), IML_UPPER_BOUND() or IML_LOWER_BOUND()"}},
    {"bad_alert_redeclared", {"Resource class 'Ssd': alert condition on \"level\": a bound needs a "
                              "number, but the attribute is of type String"}},
    {"bad_alert_state", {"Resource class 'Controller': alert condition on \"status\": the state "
                         "\"FAILD\" is not possible: \"FAILD\" is not one of \"OK\", \"FAILED\"",
                            "Resource class 'Controller': alert condition on \"on\": the state "
                            "\"no\" must be written \"false\"",
                            "Resource class 'Controller': alert condition on \"slot\": the state "
                            "\"10\" is not possible: 10 is too high (max 9)",
                            "Resource class 'Controller': alert condition on \"slot\": the state "
                            "\"x\" is not possible: \"x\" is not a whole number",
                            "Resource class 'Controller': alert condition on \"level\": the state "
                            "\"3\" is not possible: 3 is not one of 1, 2",
                            "Resource class 'Controller': alert condition on \"twin\": the state "
                            "\"x\" is not possible: a reference to a resource can't be typed"}},
    {"bad_alert_states_table", {"Resource class 'Drive': alert condition on \"failed\": the table "
                                "of states is NULL, but its count is 1",
                                   "Resource class 'Drive': alert condition on \"serial\": the "
                                   "table of states must have static storage duration"}},
    {"bad_alert_subject",
        {"Resource class 'Controller': alert condition on \"temprature\": the class has no "
         "attribute or gauge of this name",
            "Resource class 'Controller': alert condition on \"status\": a bound needs a number, "
            "but the attribute is of type Enum",
            "Resource class 'Controller': alert condition on \"reads\": a bound on a statistic "
            "needs a gauge, which this is not",
            "Resource class 'Controller': alert condition on \"temperature\": a value condition "
            "needs an attribute, and this is a statistic",
            "Resource class 'Controller': the attribute of alert condition number 6 is missing",
            "Resource class 'Controller': two alert conditions on \"temperature\" with severity "
            "ERROR have the same name: give them different values of 'id'"}},
    {"bad_attribute_duplicate",
        {"Resource class 'Drive': two attributes have the name \"size\": rename one of them"}},
    {"bad_attribute_size",
        {"the plugin has a struct iml_attribute of 16 bytes, where version 1.0 of the plugin "
         "interface has 144: build it with the runner's <iml/storage_plugin.h>"}},
    {"bad_attribute_type",
        {"Resource class 'Drive': attribute \"mystery\": type number 99 is unknown: declare it "
         "with IML_STRING(\"mystery\") or one of its sisters"}},
    {"bad_base_inherited",
        {"Resource class 'Flash': alert condition on \"status\": the state \"FAILED\" is not "
         "possible: \"FAILED\" is not one of \"GOOD\", \"WORN\""}},
    {"bad_base_loop", {"Resource class 'Itself': its bases form a loop (Itself, Itself)",
                          "Resource class 'Egg': its bases form a loop (Egg, Hen, Egg)",
                          "Resource class 'Hen': its bases form a loop (Hen, Egg, Hen)"}},
    {"bad_base_unknown",
        {"Resource class 'A': its base is not among the classes of the plugin: list it in "
         "IML_CLASSES() too",
            "Resource class 'B': its base is the built-in class number 77, which is unknown",
            "Resource class 'C': its base is not the address of a class",
            "Resource class 'Fan': a built-in class can only be a base: leave it out of "
            "IML_CLASSES()"}},
    {"bad_bins", {"Resource class 'Drive': statistic \"none\": a histogram needs bins: "
                  "IML_BINS({0, 512}, {513, IML_OPEN})",
                     "Resource class 'Drive': statistic \"open\": bin number 1 is open; only the "
                     "last may be",
                     "Resource class 'Drive': statistic \"backward\": bin number 1 ends at 5, "
                     "before its beginning at 9",
                     "Resource class 'Drive': statistic \"overlapping\": bin number 2 begins at "
                     "512, which is not after bin number 1"}},
    {"bad_calls", {"the definition of the plugin has no place for the runner's functions (.calls): "
                   "define it with IML_PLUGIN()"}},
    {"bad_chart_inherited", {"Resource class 'Ssd': chart \"Both\": histograms can't be in one "
                             "chart with gauges and counters"}},
    {"bad_chart_series",
        {"Resource class 'Drive': chart \"Mixed\": histograms can't be in one chart with gauges "
         "and counters",
            "Resource class 'Drive': chart \"Too much\": its series have more than 2 different "
            "units: \"C\", \"op/s\", \"bytes\"",
            "Resource class 'Drive': chart \"Unknown\": the class has no statistic \"haet\"",
            "Resource class 'Drive': chart \"Unknown\": the series \"serial\" is an attribute, not "
            "a statistic",
            "Resource class 'Drive': chart \"Twice\": it names the series \"heat\" twice"}},
    {"bad_chart_table",
        {"Resource class 'Drive': the title of chart number 1 is missing",
            "Resource class 'Drive': the title of chart number 2 is missing",
            "Resource class 'Drive': chart \"Empty\": a chart needs at least one series: "
            "IML_SERIES(\"statistic\")",
            "Resource class 'Drive': chart \"Null\": series number 2 is NULL",
            "Resource class 'Drive': chart \"Wild\": the table of series is NULL, but its count is "
            "3",
            "Resource class 'Drive': chart "
            "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123"
            "456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
            "abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
            "\": the title has 256 characters (at most 255)",
            "Resource class 'Fan': the table of charts must have static storage duration"}},
    {"bad_class_duplicate",
        {"Resource class 'Drive': the plugin has another class of this name: rename one of them",
            "Resource class 'Fan': it is listed twice in IML_CLASSES()"}},
    {"bad_class_null",
        {"Resource class 'number 2': the pointer to it is NULL: leave it out of IML_CLASSES()"}},
    {"bad_class_pointer",
        {"Resource class 'number 2': the name of class number 2 must have static storage duration",
            "Resource class 'number 3': it must have static storage duration",
            "Resource class 'Drive': the table of attributes must have static storage duration",
            "Resource class 'Drive': the table of statistics is NULL, but its count is 2",
            "Resource class 'Drive': the table of identifying attributes must have static storage "
            "duration",
            "Resource class 'Drive': 5000 alert conditions are too many (at most 4096)"}},
    {"bad_class_size",
        {"the plugin has a struct iml_class of 8 bytes, where version 1.0 of the plugin interface "
         "has 144: build it with the runner's <iml/storage_plugin.h>"}},
    {"bad_classes_many", {"5000 classes are too many (at most 4096)"}},
    {"bad_classes_table", {"the table of classes must have static storage duration"}},
    {"bad_default", {"Resource class 'Drive': attribute \"slot\": the default value is not valid: "
                     "\"first\" is not a whole number",
                        "Resource class 'Drive': attribute \"bay\": the default value is not "
                        "valid: 10 is too high (max 9)",
                        "Resource class 'Drive': attribute \"name\": the default value is not "
                        "valid: 4 characters is too long (max 3)",
                        "Resource class 'Drive': attribute \"status\": the default value is not "
                        "valid: \"BAD\" is not one of \"OK\"",
                        "Resource class 'Drive': attribute \"twin\": the default value can't be "
                        "one of type ResourceReference",
                        "Resource class 'Drive': attribute \"note\": the default value is not "
                        "valid: 1 is not a text"}},
    {"bad_default_both", {"Resource class 'Drive': attribute \"name\": default_value and "
                          "default_function exclude each other"}},
    {"bad_default_kind", {"Resource class 'Drive': attribute \"model\": the default value can't be "
                          "one of type String",
                             "Resource class 'Drive': attribute \"slot\": the default value can't "
                             "be one of type Integer",
                             "Resource class 'Drive': attribute \"capacity\": the default value is "
                             "not valid: -1 is too low (min 0)",
                             "Resource class 'Drive': attribute \"bay\": the default value is not "
                             "valid: 18446744073709551615 is too high (max 9223372036854775807)",
                             "Resource class 'Drive': attribute \"host\": the default value is not "
                             "valid: \"not a host\" is not a host name or an IP address",
                             "Resource class 'Drive': attribute \"uuid\": the default value is not "
                             "valid: \"deadbeef\" is not a UUID (32 hexadecimal digits)",
                             "Resource class 'Drive': attribute \"path\": the default value is not "
                             "valid: a path can't be empty"}},
    {"bad_definition_function",
        {"the plugin declares no version of the plugin interface: define it with IML_PLUGIN() of "
         "<iml/storage_plugin.h>, which declares version 1.0"}},
    {"bad_definition_type",
        {"the plugin declares no version of the plugin interface: define it with IML_PLUGIN() of "
         "<iml/storage_plugin.h>, which declares version 1.0"}},
    {"bad_device_type", {"Resource class 'Drive': device_type and unusable_for_lustre are for "
                         "logical drives only"}},
    {"bad_enum_empty", {"Resource class 'Drive': attribute \"status\": an Enum needs at least one "
                        "option: IML_OPTIONS(\"OK\", \"FAILED\")"}},
    {"bad_enum_options",
        {"Resource class 'Drive': attribute \"status\": option number 2 is NULL",
            "Resource class 'Drive': attribute \"status\": the option \"OK\" is given twice",
            "Resource class 'Drive': attribute \"level\": the option \"1\" is given twice",
            "Resource class 'Drive': attribute \"both\": options and numbers exclude each other"}},
    {"bad_five", {"Resource class 'Array': attribute \"password\": a password needs an obfuscate "
                  "function: IML_PASSWORD(\"password\", .obfuscate = function)",
                     "Resource class 'Array': the identifier names \"adress\", which is no "
                     "attribute; there are: address, password",
                     "Resource class 'Drive': attribute \"status\": an Enum needs at least one "
                     "option: IML_OPTIONS(\"OK\", \"FAILED\")",
                     "Resource class 'Drive': statistic \"load\": the sample period of -5 s is not "
                     "positive: leave it out for 10 s",
                     "the plugin has no initial_scan, which its scannable class 'Array' needs"}},
    {"bad_id_auto", {"Resource class 'Drive': an automatic identifier is for scannable classes "
                     "only: use IML_SCOPED_ID(\"attribute\") or IML_GLOBAL_ID(\"attribute\")"}},
    {"bad_id_auto_names",
        {"Resource class 'Array': an automatic identifier names no attributes: IML_AUTO_ID()"}},
    {"bad_id_missing", {"Resource class 'Ssd': it has no identifier: give it .identifier = "
                        "IML_SCOPED_ID(\"attribute\") or IML_GLOBAL_ID(\"attribute\") (identifiers "
                        "are not inherited)"}},
    {"bad_id_password", {"Resource class 'Drive': the identifier names \"password\", which is a "
                         "password and can't identify",
                            "Resource class 'Drive': alert condition on \"password\": a password "
                            "can't be judged: leave the condition out"}},
    {"bad_id_unknown",
        {"Resource class 'Drive': the identifier names \"my_serial\", which is no attribute; there "
         "are: serial, capacity",
            "Resource class 'Fan': the identifier names \"speed\", which is a statistic, not an "
            "attribute",
            "Resource class 'Pool': the identifier names \"serial\" twice",
            "Resource class 'Pool': name number 3 in the identifier is NULL",
            "Resource class 'Port': the identifier names no attribute: "
            "IML_SCOPED_ID(\"attribute\")",
            "Resource class 'Card': the identifier has the unknown scope number 9: make it with "
            "IML_SCOPED_ID(\"attribute\") or IML_GLOBAL_ID(\"attribute\")"}},
    {"bad_label", {"Resource class 'Drive': the label contains a control character",
                      "Resource class 'Drive': attribute \"serial\": the label is empty: leave it "
                      "out to have one made from the name",
                      "Resource class 'Drive': statistic \"load\": the label is not valid UTF-8"}},
    {"bad_limits", {"Resource class 'Drive': attribute \"slot\": min 10 is above max 5",
                       "Resource class 'Drive': attribute \"capacity\": max -1 is below 0, the "
                       "least number of bytes without a min",
                       "Resource class 'Drive': attribute \"name\": max_length -20 is below 0"}},
    {"bad_magic", {"the plugin declares no version of the plugin interface: define it with "
                   "IML_PLUGIN() of <iml/storage_plugin.h>, which declares version 1.0"}},
    {"bad_names",
        {"Resource class '_Fan': names that begin with an underscore are reserved: rename it",
            "Resource class 'number 3': the name of class number 3 is missing",
            "Resource class "
            "'Class567890b234567890c234567890d234567890e234567890f234567890123a234567890b234567890c"
            "234567890d234567890e234567890f234567890123xy': the name has 129 characters (at most "
            "128)",
            "Resource class 'Drive': attribute "
            "\"a234567890b234567890c234567890d234567890e234567890f2345678901234x\": the name has "
            "65 characters (at most 64)",
            "Resource class 'Drive': attribute \"_hidden\": names that begin with an underscore "
            "are reserved: rename it",
            "Resource class 'Drive': the name of attribute number 5 is missing",
            "Resource class 'Drive': the name of attribute number 6 is missing",
            "Resource class 'Drive': the name of attribute number 7 is not valid UTF-8",
            "Resource class 'Drive': the name of attribute number 8 contains a control character",
            "Resource class 'Drive': statistic \"_load\": names that begin with an underscore are "
            "reserved: rename it"}},
    {"bad_no_classes",
        {"the plugin declares no classes: list them in .classes = IML_CLASSES(&...)"}},
    {"bad_no_definition", {"PATH does not define a plugin: it needs one IML_PLUGIN(name, ...)"}},
    {"bad_options_foreign",
        {"Resource class 'Drive': attribute \"name\": type String takes no min or max: Integer and "
         "Bytes do",
            "Resource class 'Drive': attribute \"slot\": type Integer takes no max_length: String "
            "and Password do",
            "Resource class 'Drive': attribute \"on\": type Boolean takes no options: Enum does"}},
    {"bad_password", {"Resource class 'Drive': attribute \"password\": a password needs an "
                      "obfuscate function: IML_PASSWORD(\"password\", .obfuscate = function)"}},
    {"bad_read_only", {"Resource class 'Drive': attribute \"firmware\": an attribute that users "
                       "can't set (user_read_only) must be optional"}},
    {"bad_relation_attributes",
        {"Resource class 'Drive': relation to \"LogicalDrive\": it matches \"seriel\", which is no "
         "attribute; there are: serial, shelf, key",
            "Resource class 'Drive': relation to \"linux.ScsiDevice\": it matches \"heat\", which "
            "is a statistic, not an attribute",
            "Resource class 'Drive': relation to \"linux.ScsiDevice\": it matches \"shelf\", which "
            "is a reference",
            "Resource class 'Drive': relation to \"linux.ScsiDevice\": it matches \"key\", which "
            "is a password",
            "Resource class 'Drive': relation to \"linux.ScsiDevice\": it matches \"serial\" twice",
            "Resource class 'Drive': relation to \"Fan\": it matches no attribute: "
            "IML_MATCH(\"attribute\")",
            "Resource class 'Drive': relation to \"Fan\": attribute number 2 to match is NULL"}},
    {"bad_relation_inherited", {"Resource class 'Ssd': relation to \"linux.ScsiDevice\": it "
                                "matches \"shelf\", which is a reference"}},
    {"bad_relation_target",
        {"Resource class 'Drive': relation number \"1\": its target is not among the classes of "
         "the plugin: list it in IML_CLASSES() too, or name a class of another plugin",
            "Resource class 'Drive': relation number \"2\": its target is not the address of a "
            "class",
            "Resource class 'Drive': relation number \"3\": it has no target: name a class, or a "
            "plugin and one of its classes",
            "Resource class 'Drive': relation number \"4\": it has no target: name a class, or a "
            "plugin and one of its classes",
            "Resource class 'Drive': relation number \"5\": the name of its target is empty",
            "Resource class 'Drive': relation number \"6\": a class and the name of one as its "
            "target exclude each other",
            "Resource class 'Drive': relation to \"bad_relation_target.drive\": the plugin has no "
            "class of this name",
            "Resource class 'Drive': relation to \"DeviceNode\": type number 3 is unknown: declare "
            "it with IML_PROVIDE() or IML_SUBSCRIBE()",
            "Resource class 'Fan': the table of relations must have static storage duration"}},
    {"bad_scannable_hidden",
        {"Resource class 'Array': attribute \"secret\": hidden in a scannable class, so that "
         "nobody can fill it in: make it optional or give it a default",
            "Resource class 'Array': attribute \"twin\": a reference in a scannable class, so that "
            "nobody can fill it in: make it optional"}},
    {"bad_scannable_no_scan",
        {"the plugin has no initial_scan, which its scannable class 'Array' needs"}},
    {"bad_size",
        {"the plugin has a struct iml_plugin_definition of 16 bytes, where version 1.0 of the "
         "plugin interface has 88: build it with the runner's <iml/storage_plugin.h>"}},
    {"bad_statistic",
        {"Resource class 'Drive': statistic \"load\": the sample period of -1 s is not positive: "
         "leave it out for 10 s",
            "Resource class 'Drive': statistic \"reads\": only a histogram has bins: declare it "
            "with IML_HISTOGRAM()",
            "Resource class 'Drive': statistic \"mystery\": type number 9 is unknown: declare it "
            "with IML_GAUGE(), IML_COUNTER() or IML_HISTOGRAM()",
            "Resource class 'Drive': two statistics have the name \"load\": rename one of them"}},
    {"bad_statistic_attribute", {"Resource class 'Drive': \"load\" is both an attribute and a "
                                 "statistic: rename one of them",
                                    "Resource class 'Ssd': \"serial\" is both an attribute and a "
                                    "statistic: rename one of them"}},
    {"bad_statistic_bins_table",
        {"Resource class 'Drive': statistic \"sizes\": the table of bins must have static storage "
         "duration",
            "Resource class 'Drive': statistic \"times\": 5000 bins are too many (at most 4096)"}},
    {"bad_text",
        {"Resource class 'Drive': attribute \"status\": an option is not valid UTF-8",
            "Resource class 'Drive': attribute \"status\": an option must have static storage "
            "duration",
            "Resource class 'Drive': statistic \"load\": the name of its units contains a control "
            "character",
            "Resource class 'Drive': statistic \"heat\": the name of its units has 256 characters "
            "(at most 255)",
            "Resource class 'Drive': alert condition on \"status\": the id contains a control "
            "character",
            "Resource class 'Drive': alert condition on \"status\": a state is not valid UTF-8",
            "Resource class 'Drive': alert condition on \"heat\": the message is not valid UTF-8"}},
    {"bad_two_definitions", {"PATH defines more than one plugin: first, second"}},
    {"bad_unresolved",
        {"the plugin can't be loaded: PATH: undefined symbol: function_that_nobody_has"}},
    {"bad_version_0", {"the plugin declares version 0.0 of the plugin interface, but this runner "
                       "supports version 1.0: build it with the runner's <iml/storage_plugin.h>"}},
    {"bad_version_2", {"the plugin declares version 2.7 of the plugin interface, but this runner "
                       "supports version 1.0: build it with the runner's <iml/storage_plugin.h>"}},
    {"bad_version_minor",
        {"the plugin declares version 1.99 of the plugin interface, but this runner supports "
         "version 1.0: build it with the runner's <iml/storage_plugin.h>"}},
};

#endif
