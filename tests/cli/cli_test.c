#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Command lines for sh, with their exit status and a part of their output and messages ("" is
 * empty, NULL anything). Commands: dpae     the program replay   "dpae replay" with the shipped
 * configuration and policy check    "dpae check" with copies of them, of classifiers and helpers in
 * $T, readable by all users, and with lo as interface mine     writes c.yaml: that configuration
 * with the given lines replaced $S is the source folder; the test's folder is the current one. It
 * has many.pcap: an ARP reply and UDP packets of FLOWS flows; few.pcap: an ARP reply and one UDP
 * packet; cut.pcap: few.pcap, cut within its second packet. */
#define FLOWS 3000

struct command {
    const char *run;
    int status;
    const char *output, *messages;
};

static char folder[] = "/tmp/dpae-cli-test-XXXXXX";

static const struct command usage[] = {
    {"dpae", 2, "", "usage: dpae COMMAND"},
    {"dpae --help", 0, "usage: dpae COMMAND", ""},
    {"dpae -h", 0, "usage: dpae COMMAND", ""},
    {"dpae help", 0, "usage: dpae COMMAND", ""},
    {"dpae --version", 0, "dpae " DPAE_VERSION "\n", ""},
    {"dpae help replay", 0, "usage: dpae replay [OPTIONS] FILE.pcap...\n", ""},
    {"dpae replay --help", 0, "\n      --format FORMAT       format of events", ""},
    {"dpae replay --help", 0, "read up to the damage; files after it\nare not read.\n", ""},
    {"dpae replay --help", 0, "Script errors are counted and do not change the exit status", ""},
    {"dpae check -h", 0, "usage: dpae check [OPTIONS]\n", ""},
    {"dpae check --help", 0, "\n  -p, --policy FILE ", ""},
    {"dpae repaly", 2, "", "dpae: there is no command \"repaly\"; did you mean \"replay\"?\n"},
    {"dpae help chekc", 2, "", "there is no command \"chekc\"; did you mean \"check\"?\n"},
    {"dpae frobnicate", 2, "",
     "dpae: there is no command \"frobnicate\"; available: help, run, replay, check, new, test, "
     "flows\nSee \"dpae --help\".\n"},
    {"dpae --versoin", 2, "", "there is no option \"--versoin\"; did you mean \"--version\"?"},
    {"dpae replay --fromat=jsonl x", 2, "", "no option --fromat; did you mean --format?\n"},
    {"dpae replay --xyzzy x", 2, "", "there is no option --xyzzy\nSee \"dpae replay --help\".\n"},
    {"dpae replay --p x", 2, "", "option --p is ambiguous: --policy or --profile\n"},
    {"dpae replay -qx x", 2, "", "there is no option -x\n"},
    {"dpae replay --flows=1 x", 2, "", "option --flows takes no argument\n"},
    {"dpae replay few.pcap --format", 2, "", "option --format needs an argument: FORMAT\n"},
    {"dpae replay few.pcap -p", 2, "", "option --policy needs an argument: FILE\n"},
    {"dpae replay --format json x", 2, "", "no format \"json\"; did you mean \"jsonl\"?\n"},
    {"dpae new --kind deep x", 2, "", "no kind \"deep\"; available: payload, statistical\n"},
    {"dpae replay --format xml x", 2, "", "no format \"xml\"; available: table, jsonl\n"},
    {"dpae replay", 2, "", "missing capture file"},
    {"dpae check x", 2, "", "unexpected argument: x\n"},
    {"dpae replay -p x --classifier y z", 2, "", "--policy and --classifier exclude each other\n"},
    {"dpae new", 2, "", "missing NAME of the classifier\n"},
    {"dpae new a b", 2, "", "unexpected argument: b\n"},
    {"dpae new ../a", 2, "", "\"../a\" is not a valid classifier name: use letters, digits"},
    {"dpae new --kind paylod a", 2, "", "no kind \"paylod\"; did you mean \"payload\"?\n"},
    {"dpae help new", 0, "usage: dpae new [OPTIONS] NAME\n", ""},
    {"dpae test --help", 0, "usage: dpae test [OPTIONS] [NAME...]\n", ""},
};

static const struct command replaying[] = {
    {"replay few.pcap", 0, "TIME (UTC)                     PACKET  EVENT     WHAT\n",
     "packets                                                        2\n"},
    {"replay few.pcap", 0,
     "\n1970-01-01T00:00:01.000001Z         1  identity  arp  10.0.0.1 is at 02:00:00:00:00:01, "
     "sent to 10.0.0.2\n",
     "\n  sum                                                          2\n"},
    {"replay few.pcap | grep -c 'flow end'", 1, "0\n", NULL},
    {"replay few.pcap --flows", 0, "  flow end  ", "\nflows  "},
    {"replay --format jsonl few.pcap", 0,
     "{\"type\":\"identity\",\"time\":1.000001000,\"packet\":1,", NULL},
    {"replay --format jsonl few.pcap few.pcap", 0, "\"packet\":4,", "\n  sum        "},
    {"replay -q few.pcap", 0, "  identity  ", ""},
    {"dpae replay -q --classifier payload_uri_1 few.pcap", 0, "  identity  ", ""},
    {"replay -q --profile few.pcap", 0, "  identity  ",
     "\nstatistical_qos_bandwidth_1                 1 "},
    {"replay few.pcap 2>&1 | grep -c 'JIT aborts'", 1, "0\n", NULL},
    {"replay --quiet --format=jsonl -- few.pcap", 0, "\"flow_end\"", ""},
    {"replay -q --format jsonl - <few.pcap", 0, "\"flow_end\"", ""},
    {"replay -q --format jsonl many.pcap >1 && replay -q --format jsonl many.pcap >2 && cmp 1 2", 0,
     "", ""},
    {"replay --progress many.pcap", 0, NULL, " %  "},
    {"replay --progress - <many.pcap", 0, NULL, " packets  "},
    {"replay --progress -q many.pcap 2>&1 >/dev/null | tail -c 4 | od -An -c", 0,
     "\\r 033   [   K\n", ""},
};

static const struct command failing[] = {
    {"replay none.pcap", 1, "", "none.pcap"},
    {"replay few.pcap none.pcap", 1, "", "none.pcap"},
    {"replay ''", 1, "", "dpae: the name of a capture is empty; name a file, or - for standard"},
    {"replay -p none.yaml few.pcap", 1, "", "none.yaml"},
    {"replay -c none.yaml few.pcap", 1, "", "none.yaml"},
    {"dpae replay --classifier payload_url_1 few.pcap", 1, "",
     "--classifier: error: no classifier 'payload_url_1' in "},
    {"dpae replay --classifier a/b few.pcap", 1, "", "'a/b' is not a classifier name; use letters"},
    {"dpae replay --classifier payload_uri_1 --classifier payload_uri_1 few.pcap", 1, "",
     "--classifier: error: 'payload_uri_1' occurs twice\n"},
    {"replay cut.pcap", 1, "  identity  ",
     "packets                                                        1\n"},
    {"replay -q cut.pcap", 1, "  identity  ", "dpae: cut.pcap: packet 2"},
    {"echo a: >bad.yaml; replay -p bad.yaml few.pcap", 1, "", "bad.yaml:1:"},
};

#define NO_DATABASE "mine 'mongo_addr: 127.0.0.1' 'mongo_port: 1'; "
/* The text between the brackets is libmongoc's, and differs between versions. */
#define NO_SERVER "]; start it there, or "

static const struct command storing[] = {
    {NO_DATABASE "dpae replay -c c.yaml -p $T/config/main_policy.yaml --store few.pcap", 1, "",
     NO_SERVER "set mongo_addr and mongo_port in c.yaml\n"},
    {NO_DATABASE "dpae replay -c c.yaml -p $T/config/main_policy.yaml --store few.pcap 2>&1 | "
                 "grep -c 'no usable server'",
     0, "1\n", ""},
    {NO_DATABASE "dpae flows -c c.yaml", 1, "",
     "dpae: database mongodb://127.0.0.1:1/fcip_database: no usable server: ["},
    {NO_DATABASE "dpae flows -c c.yaml", 1, "",
     NO_SERVER "set mongo_addr and mongo_port in c.yaml\n"},
    {"mine 'mongo_uri: mongodb://a:s3cret@127.0.0.1:1/'; dpae flows -c c.yaml", 1, "",
     NO_SERVER "set mongo_uri in c.yaml\n"},
    {"dpae flows -c $T/config/config.yaml --mongo-uri mongodb://127.0.0.1:1", 1, "",
     NO_SERVER "give another --mongo-uri\n"},
};

static const struct command writing[] = {
    {"replay -q --output out few.pcap && cat out", 0, "  identity  ", ""},
    {"echo older >out; replay -q --output out few.pcap && grep older out", 1, "", ""},
    {"echo old >out; replay -q --output out none.pcap; cat out", 0, "old\n", NULL},
    {"cp few.pcap in; replay -q --output in in", 1, "", "dpae: in: is also an input"},
    {"cp few.pcap in; ln -f in link; replay -q --output link - <in; cmp in few.pcap", 0, "",
     "dpae: link: is also an input"},
    {"replay -q --output none/out few.pcap", 1, "", "none/out: cannot open for writing: No such"},
    {"replay -q --output none/out few.pcap", 1, "", "; create its folder first, or name another"},
    {"replay -q --output '' few.pcap", 1, "", "dpae: \"\": cannot open for writing: "},
    {"replay -q --output . few.pcap", 1, "", "Is a directory; name a file in it\n"},
    {"replay -q --output /dev/full few.pcap", 1, "",
     "dpae: /dev/full: cannot write: No space left on device"},
    {"replay --output /dev/full --format jsonl many.pcap", 1, "", "\n  sum        "},
    {"replay -q few.pcap >/dev/full", 1, "",
     "dpae: standard output: cannot write: No space left on device"},
    {"dpae --help >/dev/full", 1, "", "dpae: standard output: No space left on device"},
    {"check >/dev/full", 1, "", "dpae: standard output: No space left on device"},
    {"(replay --format jsonl many.pcap; echo $? >status) | head -n 1; cat status", 0, "\n141\n",
     ""},
    {"(trap '' PIPE; replay --format jsonl many.pcap; echo $? >status) | head -n 1; cat status", 0,
     "\n1\n", ""},
    {"mkfifo pipe; head -c 1 pipe >/dev/null & replay -q --output pipe --format jsonl many.pcap", 1,
     "", "dpae: pipe: cannot write: Broken pipe"},
};

/* Interrupts the program while it waits for input that never comes. */
#define INTERRUPTED(feed)                                                                          \
    "mkfifo in.fifo; timeout --foreground 10 $DPAE replay -c $S/config/config.yaml"                \
    " -p $S/config/main_policy.yaml --progress - <in.fifo >out & "                                 \
    "exec 9>in.fifo; " feed " many.pcap >&9; "                                                     \
    "until grep -q flows messages; do sleep 0.01; done; sleep 0.1; kill -INT $!; wait $!"

static const struct command interrupting[] = {
    {INTERRUPTED("cat"), 130, "", "\n  sum        "},
    {INTERRUPTED("cat") "; cat out", 0, "  identity  ", "\n  sum        "},
    {INTERRUPTED("gzip -c"), 130, "", "\n  sum        "},
};

#define CONFIG_OF                                                                                  \
    "sed \"s,^classifiers_directory:.*,classifiers_directory: $PWD,\" $T/config/config.yaml"
#define POLICY_OF(name)   "sed s/payload_uri_1/" name "/ $S/config/main_policy.yaml"
#define RULE_SET_OF(name) "sed 's/rule_set: .*/rule_set: " name "/' $S/config/main_policy.yaml"
#define SET_QOS_OF(word)  "sed 's/set_qos: .*/set_qos: " word "/' $S/config/main_policy.yaml"
#define CHECKOUT                                                                                   \
    "cp -r $S/config $S/classifiers $S/lua . && chmod -R a+rX . && : >CMakeLists.txt && "          \
    "sed -i 's/^sniff_if_names:.*/sniff_if_names: lo/' config/config.yaml && cp $DPAE binary; "
#define CHECKED "p.yaml: ok\n"

static const struct command checking[] = {
    {"check", 0, "config       /tmp/dpae-cli-test-", ""},
    {"check", 0, "/shipped/config/config.yaml: ok\n", ""},
    {"check", 0, "  payload      payload_uri_1\n", ""},
    {"check", 0, "mode         passive\nidentities   arp ndp lldp dns dhcp\nclassifiers\n", ""},
    {"check", 0, "\nok\n", ""},
    {"mine 'run_as: nosuchuser'; check -c c.yaml", 0, "\nok, 1 warning\n",
     "c.yaml: warning: run_as: nosuchuser is not a user of this machine"},
    {"mine 'run_as: root'; check -c c.yaml", 0, "\nok, 1 warning\n", "run_as: root is root"},
    {"mine 'controller_ca_file: /no/ca' 'controller_client_cert: /no/cert' "
     "'controller_token_file: /no/token'; check -c c.yaml 2>&1",
     0, "\nok, 3 warnings\n", ""},
    {"mine 'controller_ca_file: /no/ca'; check -c c.yaml", 0, "c.yaml: ok\n",
     "c.yaml: warning: controller_ca_file: /no/ca cannot be read: No such file or directory\n"},
    {"mine 'controller_client_cert: /no/cert'; check -c c.yaml", 0, "c.yaml: ok\n",
     "controller_client_cert: /no/cert cannot be read: No such file or directory\n"},
    {"echo a b >token; mine \"controller_token_file: $PWD/token\"; check -c c.yaml", 0,
     "c.yaml: ok\n", "/token is not a bearer token"},
    {"mine 'crash_directory: /no/such'; check -c c.yaml", 0, "c.yaml: ok\n",
     "crash_directory: /no/such is not writable: No such file or directory\n"},
    {"mine 'crash_directory: /etc/passwd'; check -c c.yaml", 0, "c.yaml: ok\n",
     "crash_directory: /etc/passwd is not writable: Not a directory\n"},
    {"mine 'sniff_if_names: lo,nosuchif0,nosuchif1'; check -c c.yaml", 0, "\nok, 2 warnings\n",
     "c.yaml: warning: sniff_if_names: this machine has no interface nosuchif0; dpae run would "
     "not start here\n"},
    {"mine 'classifier_shadow: {payload_uri_1: server_name_1}'; check -c c.yaml", 0, "\nok\n", ""},
    {"mine 'classifier_shadow: {payload_uri_1: server_name_1}'; "
     "echo 'classifiers: {server_name_1: {low_priority: a.example}}' >>c.yaml; check -c c.yaml",
     0, "\nok\n", ""},
    {"mine 'classifiers: {payload_uri_1: {bites: 5}}'; check -c c.yaml", 1, "",
     ": error: payload_uri_1 has no setting \"bites\", nor any other (in the configuration, under "
     "classifiers:)"},
    {"mine 'classifier_shadow: {payload_uri_1: server_nam_1}'; check -c c.yaml", 1, "",
     "c.yaml: error: no classifier 'server_nam_1' in "},
    {"mine 'classifier_shadow: {payload_uri_1: server_nam_1}'; check -c c.yaml", 1, "",
     "/classifiers; did you mean 'server_name_1'?\n"},
    {"mine 'classifier_shadow: {server_name_1: payload_tls_sni_1}'; check -c c.yaml", 1, "",
     "c.yaml: error: classifier_shadow: "},
    {"mine 'classifier_shadow: {server_name_1: payload_tls_sni_1}'; check -c c.yaml", 1, "",
     "main_policy.yaml: the policy has no classifier 'server_name_1' for the candidate to "
     "shadow; it has: payload_uri_1, statistical_qos_bandwidth_1\n"},
    {"mine 'classifier_shadow: {payload_uri_1: statistical_qos_bandwidth_1}'; check -c c.yaml", 1,
     "", "the policy already runs 'statistical_qos_bandwidth_1'; "},
    {"cp $T/classifiers/* .; echo 'return {' >candidate.lua; " CONFIG_OF " >c.yaml; "
     "echo 'classifier_shadow: {payload_uri_1: candidate}' >>c.yaml; check -c c.yaml",
     1, "", "candidate.lua:2: error: "},
    {"check -p none.yaml", 1, "", "none.yaml: error: "},
    {"check -c none.yaml", 1, "", "none.yaml: error: "},
    {"echo 'sniff_if_nmaes: eth1' >c.yaml; check -c c.yaml", 1, "", "c.yaml:1:1: error: "},
    {"echo 'sniff_if_nmaes: eth1' >c.yaml; check -c c.yaml", 1, "", "sniff_if_names"},
    {"printf '\\n\\na: 1\\n' >c.yaml; echo b: >p.yaml; check -c c.yaml -p p.yaml", 1, "",
     "c.yaml:3:1: error: "},
    {"printf '\\n\\na: 1\\n' >c.yaml; echo b: >p.yaml; check -c c.yaml -p p.yaml", 1, "",
     "p.yaml:1:1: error: "},
    {"echo a: >c.yaml; check -c c.yaml", 1, "", "the classifiers were not checked"},
    {CHECKOUT "cp config/config.yaml mine.yaml; ./binary check -c mine.yaml", 0, "mine.yaml: ok",
     ""},
    {CHECKOUT "cp config/main_policy.yaml p.yaml; ./binary check -p p.yaml", 0, CHECKED, ""},
    {"(echo; echo 'lua_directory: lua') >c.yaml; check -c c.yaml", 1, "",
     "c.yaml:2:16: error: lua_"},
    {POLICY_OF("not_there") " >p.yaml; check -p p.yaml", 1, "", "; put not_there.lua there, or"},
    {POLICY_OF("payload_url_1") " >p.yaml; check -p p.yaml", 1, "",
     "p.yaml:36:20: error: no classifier 'payload_url_1' in /tmp/dpae-cli-test-"},
    {POLICY_OF("payload_url_1") " >p.yaml; check -p p.yaml", 1, "",
     "/shipped/classifiers; did you mean 'payload_uri_1'?\n"},
    {POLICY_OF("payload_url_1") " >p.yaml; replay -p p.yaml few.pcap", 1, "",
     "p.yaml:36:20: error: no classifier 'payload_url_1' in "},
    {RULE_SET_OF("demo") " >p.yaml; check -p p.yaml", 0, CHECKED, ": warning: rule_set is 'demo'"},
    {SET_QOS_OF("hihg_priority") " >p.yaml; check -p p.yaml", 0, CHECKED,
     "; did you mean 'high_priority'?\n"},
    {"check -p $S/tests/golden/cases/no_classifiers/policy.yaml", 0,
     "rules        1 without a classifier, for the controller only\n", ""},
    {CONFIG_OF " >c.yaml; cp $S/classifiers/*.lua .; echo 'classifiers: {payload_url_1: {a: 1}}' "
               ">>c.yaml; check -c c.yaml",
     0, "c.yaml: ok\n",
     ": warning: settings of 'payload_url_1', which is not in the policy; did you mean "
     "'payload_uri_1'?\n"},
    {CONFIG_OF
     " >c.yaml; cp $S/classifiers/*.lua .; echo 'classifiers: {zzz: {}, payload_uri_1: {}}' "
     ">>c.yaml; check -c c.yaml 2>&1 | grep -c warning:",
     0, "1\n", ""},
    {"dpae check -c $S/config/main_policy.yaml -p $S/config/config.yaml 2>&1 | grep -c error:", 0,
     "2\n", ""},
    {"echo 'return {' >broken.lua; " CONFIG_OF
     " >c.yaml; " POLICY_OF("broken") " >p.yaml; check -c c.yaml -p p.yaml",
     1, "", "broken.lua:2: error: "},
    {"echo 'return {' >broken.lua; " CONFIG_OF " >c.yaml; cp $S/classifiers/*.lua .; " POLICY_OF(
         "broken") " >p.yaml; replay -c c.yaml -p p.yaml few.pcap",
     1, "", "broken.lua:2: error: "},
    {"sed 's/match_type: any/match_type: all/' $S/config/main_policy.yaml >p.yaml; check -p "
     "p.yaml",
     0, "p.yaml: ok\n", ": warning: "},
};

/* As root: files that the caller can read may be unreadable for the workers' user. */
#define BARRED "cp -r $T . && sed \"s,$T,$PWD/shipped,\" $T/config/config.yaml >c.yaml; "

static const struct command checking_as_root[] = {
    {BARRED "check -c c.yaml", 0, "\nok\n", ""},
    {BARRED "chmod 600 shipped/classifiers/payload_uri_1.lua; check -c c.yaml", 0,
     "\nok, 1 warning\n",
     "/payload_uri_1.lua: the user nobody, whom workers run as, may not read it; let others read "
     "it (chmod o+r), or set another run_as\n"},
    {BARRED "chmod 600 shipped/classifiers/server_name_1.lua; check -c c.yaml", 0, "\nok\n", ""},
    {BARRED "chmod 600 shipped/classifiers/server_name_1.lua; "
            "echo 'classifier_shadow: {payload_uri_1: server_name_1}' >>c.yaml; check -c c.yaml",
     0, "\nok, 1 warning\n", "/server_name_1.lua: the user nobody, "},
    {BARRED "mkdir shipped/lua/more; echo 'return {}' >shipped/lua/more/m.lua; "
            "chmod 600 shipped/lua/more/m.lua; check -c c.yaml",
     0, "\nok, 1 warning\n", "c.yaml: warning: lua_directory: /tmp/dpae-cli-test-"},
    {BARRED "chmod 701 shipped/classifiers; check -c c.yaml", 0, "\nok, 1 warning\n",
     "/classifiers: the user nobody, whom workers run as, may not read it; let others read it "
     "(chmod o+rx)"},
    {BARRED "chmod 700 shipped; check -c c.yaml", 0, "\nok, 2 warnings\n",
     "/shipped; let others enter it (chmod o+x), move the folder"},
};

#define FAILING_SCRIPT                                                                             \
    "printf 'return {new = function() return {classifier = function() error(\"a\\\\27[2Jb\") end}" \
    " end}' >bad.lua; cp $S/classifiers/*.lua .; " CONFIG_OF                                       \
    " >c.yaml; " POLICY_OF("bad") " >p.yaml; "

/* A classifier with this body, which must not contain ' or %. */
#define SCRIPT_OF(body)                                                                            \
    "printf 'return {new = function() return {classifier = function(_, flow) " body                \
    " end} end}' >bad.lua; cp $S/classifiers/*.lua .; " CONFIG_OF                                  \
    " >c.yaml; " POLICY_OF("bad") " >p.yaml; "
#define BACKTRACKS "(\"a\"):rep(400):find((\"a-\"):rep(9) .. \"b\")"

static const struct command scripts[] = {
    {SCRIPT_OF("local _ = " BACKTRACKS) "replay -q -c c.yaml -p p.yaml few.pcap", 0, "  identity  ",
     "bad.lua:1: string.find: the pattern takes more than 4000000 steps on this text"},
    {SCRIPT_OF(
         "local s = \"x\" while true do s = s .. s end") "replay -q -c c.yaml -p p.yaml few.pcap",
     0, "  identity  ", "bad.lua:1: ..: the result has 131072 bytes; the limit is 65536"},
    {SCRIPT_OF(
         "end} end, (function() while true do end end)(), function() return {function()") "check "
                                                                                          "-c "
                                                                                          "c.yaml "
                                                                                          "-p "
                                                                                          "p.yaml",
     1, "", "bad.lua:1: error: took more than 10000000 steps to load"},
    {SCRIPT_OF(
         "return {qos_treatment = \"low_priority\", why = {port = flow.dst_port}}") "replay -q "
                                                                                    "--explain -c "
                                                                                    "c.yaml -p "
                                                                                    "p.yaml "
                                                                                    "few.pcap",
     0,
     "\n                                                   why  port=9  (bad, generation 1, "
     "source ",
     ""},
    {SCRIPT_OF("return {qos_treatment = \"low_priority\"}") "replay -q --explain -c c.yaml -p "
                                                            "p.yaml few.pcap",
     0, "why  not said  (bad, generation 1, source ", ""},
    {SCRIPT_OF("while true do end") "replay -c c.yaml -p p.yaml few.pcap", 0, "  identity  ",
     "bad.lua:1: took more than 500000 steps (classifier_steps), and was stopped here | "},
    {FAILING_SCRIPT "check -c c.yaml -p p.yaml", 0, "  payload      bad\n", ""},
    {FAILING_SCRIPT "replay -c c.yaml -p p.yaml many.pcap", 0, "identity",
     "\n  bad (quarantined)                                           10\n    "},
    {FAILING_SCRIPT "sed -i 's/^console_log_enabled:.*/console_log_enabled: 0/' c.yaml; "
                    "replay -q -c c.yaml -p p.yaml many.pcap",
     0, "identity",
     "dpae: classifier bad was quarantined 1 time, with 10 errors in all; omit --quiet to see them "
     "in the summary\n"},
    {FAILING_SCRIPT "replay -c c.yaml -p p.yaml many.pcap", 0, "identity",
     "dpae: classifier bad was quarantined 1 time, with 10 errors in all; see the summary above\n"},
    {FAILING_SCRIPT "replay -c c.yaml -p p.yaml few.pcap", 0, "identity",
     "script errors                                                  1\n"},
    {FAILING_SCRIPT "replay -c c.yaml -p p.yaml few.pcap", 0, "identity", "bad.lua:1: a [2Jb | "},
};

static const char *read_file(const char *name) {
    static char text[4 << 20];
    FILE *file = fopen(name, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
    return text;
}

static void expect_text(const struct command *command, const char *name, const char *expected) {
    const char *text = read_file(name);
    if (expected && (*expected == '\0' ? *text != '\0' : !strstr(text, expected))) {
        fail_msg("%s\nshould have in its %s:\n%s\nbut has:\n%.2000s", command->run, name, expected,
                 text);
    }
}

/* Runs each command in a fresh folder. */
static void run_commands(const struct command *commands, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char line[2048];
        snprintf(
            line, sizeof line,
            "rm -rf ../case && mkdir ../case && cd ../case && ln ../*.pcap . && . ../start.sh &&"
            " { %s\n} >output 2>messages",
            commands[i].run);
        const int status = system(line);
        assert_true(WIFEXITED(status));
        assert_int_equal(chdir("../case"), 0);
        if (WEXITSTATUS(status) != commands[i].status) {
            fail_msg("%s\nends with %d instead of %d:\n%s", commands[i].run, WEXITSTATUS(status),
                     commands[i].status, read_file("messages"));
        }
        expect_text(&commands[i], "output", commands[i].output);
        expect_text(&commands[i], "messages", commands[i].messages);
    }
}

#define RUN(table) run_commands(table, sizeof(table) / sizeof *(table))

static void wrong_usage_is_reported_with_the_nearest_match(void **state) {
    (void)state;
    RUN(usage);
}

static void a_capture_gives_events_and_a_summary(void **state) {
    (void)state;
    RUN(replaying);
}

static void bad_input_is_one_error_after_the_readable_part(void **state) {
    (void)state;
    RUN(failing);
}

static void an_unreachable_database_is_one_error_with_a_remedy(void **state) {
    (void)state;
    RUN(storing);
}

static void output_is_complete_or_an_error(void **state) {
    (void)state;
    RUN(writing);
}

static void an_interrupted_replay_prints_a_summary(void **state) {
    (void)state;
    RUN(interrupting);
}

static void check_shows_all_problems_with_their_place(void **state) {
    (void)state;
    RUN(checking);
}

static void check_as_root_tests_what_workers_can_read(void **state) {
    (void)state;
    if (geteuid() != 0) {
        print_message("SKIPPED: only root can ask that\n");
        skip();
    }
    RUN(checking_as_root);
}

static void script_errors_are_in_the_summary(void **state) {
    (void)state;
    RUN(scripts);
}

static void write_packet(FILE *file, uint32_t second, const uint8_t *bytes, uint32_t length) {
    const uint32_t header[4] = {second, 1, length, length};
    assert_int_equal(fwrite(header, sizeof header, 1, file), 1);
    assert_int_equal(fwrite(bytes, length, 1, file), 1);
}

static void write_capture(const char *name, unsigned flows) {
    static const uint8_t arp[42] = {2,  0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x06, /* Ethernet */
                                    0,  1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0,    1,
                                    10, 0, 0, 1, 2, 0, 0, 0, 0, 2, /* reply */
                                    10, 0, 0, 2};
    uint8_t udp[42] = {2, 0,  0,  0, 0, 2,  2, 0, 0, 0,  0, 1, 0x08, 0x00, 0x45, 0, 0, 28, 0, 0, 0,
                       0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,    0,    0,    0, 9, 0,  8, 0, 0};
    const struct {
        uint32_t magic;
        uint16_t major, minor;
        uint32_t unused[2], snapped, link;
    } header = {0xa1b2c3d4, 2, 4, {0, 0}, 65535, 1};
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(&header, sizeof header, 1, file), 1);
    write_packet(file, 1, arp, sizeof arp);
    for (unsigned i = 0; i < flows; i++) {
        udp[34] = (uint8_t)(i >> 8 | 0x80);
        udp[35] = (uint8_t)i;
        write_packet(file, 2, udp, sizeof udp);
    }
    assert_int_equal(fclose(file), 0);
}

static void write_start(void) {
    FILE *file = fopen("start.sh", "w");
    assert_non_null(file);
    fprintf(file, "S=" DPAE_SOURCE_DIR "\nT=%s/shipped\n", folder);
    fputs("umask 022\n"
          "dpae() { \"$DPAE\" \"$@\"; }\n"
          "shipped() {\n"
          "    command=$1 from=$2; shift 2\n"
          "    dpae $command -c $from/config/config.yaml -p $from/config/main_policy.yaml \"$@\"\n"
          "}\n"
          "replay() { shipped replay $S \"$@\"; }\n"
          "check() { shipped check $T \"$@\"; }\n"
          "mine() {\n"
          "    cp $T/config/config.yaml c.yaml\n"
          "    for line; do sed -i \"/^${line%%:*}:/d\" c.yaml; echo \"$line\" >>c.yaml; done\n"
          "}\n",
          file);
    assert_int_equal(fclose(file), 0);
}

/* Copies that all users can read, wherever the checkout is. */
static void copy_shipped(void) {
    const char *const copy =
        "umask 022; mkdir shipped; cd shipped;"
        "cp -r " DPAE_SOURCE_DIR "/config " DPAE_SOURCE_DIR "/classifiers " DPAE_SOURCE_DIR
        "/lua .;"
        "chmod -R a+rX .;"
        "sed -i -e 's/^sniff_if_names:.*/sniff_if_names: lo/'"
        " -e \"s,^#classifiers_directory:.*,classifiers_directory: $PWD/classifiers,\""
        " -e \"s,^#lua_directory:.*,lua_directory: $PWD/lua,\" config/config.yaml";
    assert_int_equal(system(copy), 0);
}

static int make_folder(void **state) {
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(chdir(folder), 0);
    copy_shipped();
    write_capture("many.pcap", FLOWS);
    write_capture("few.pcap", 1);
    write_capture("cut.pcap", 1);
    assert_int_equal(truncate("cut.pcap", 24 + 58 + 20), 0);
    write_start();
    assert_int_equal(mkdir("case", 0700), 0);
    return chdir("case");
}

static int remove_folder(void **state) {
    (void)state;
    char line[64];
    snprintf(line, sizeof line, "rm -rf %s", folder);
    return chdir("/") != 0 || system(line) != 0;
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_usage_is_reported_with_the_nearest_match),
        cmocka_unit_test(a_capture_gives_events_and_a_summary),
        cmocka_unit_test(bad_input_is_one_error_after_the_readable_part),
        cmocka_unit_test(an_unreachable_database_is_one_error_with_a_remedy),
        cmocka_unit_test(output_is_complete_or_an_error),
        cmocka_unit_test(an_interrupted_replay_prints_a_summary),
        cmocka_unit_test(script_errors_are_in_the_summary),
        cmocka_unit_test(check_shows_all_problems_with_their_place),
        cmocka_unit_test(check_as_root_tests_what_workers_can_read),
    };
    if (argc != 2) {
        fputs("usage: cli_test DPAE\n", stderr);
        return 2;
    }
    setenv("DPAE", argv[1], 1);
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
