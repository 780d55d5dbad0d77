/* The control thread with a server in this program as the controller, and a struct as the data
 * plane. */
#include "control/control.h"

#include "base/clock.h"
#include "control/http.h"
#include "control/test_server.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>

#define CALLS_MAX  4096
#define EVENTS_MAX 1024

static const char main_policy[] =
    "{\"tc_policies\": {\"p\": {\"comment\": \"\", \"rule_set\": \"r\", \"port_set\": "
    "\"all_access_ports\", \"mode\": \"passive\"}}, \"tc_rules\": {\"r\": [{\"comment\": \"\", "
    "\"match_type\": \"any\", \"conditions_list\": [{\"match_type\": \"any\", \"payload\": "
    "\"payload_uri_1\"}], \"actions\": {\"set_qos\": \"classifier_return\", \"set_desc\": "
    "\"\"}}]}, "
    "\"identity\": {\"arp\": 1, \"lldp\": 1, \"dns\": 1, \"dhcp\": 1}, \"qos_treatment\": "
    "{\"default_priority\": 0, \"constrained_bw\": 1, \"high_priority\": 2, \"low_priority\": 3}, "
    "\"port_sets\": {\"all_access_ports\": [{\"s\": {\"ports\": \"1-3\", \"DPID\": 1}}]}}";
static const char opt_rules[] =
    "[{\"install_type\": \"to_dpae\", \"type\": \"payload\", \"value\": \"payload_uri_1\"}]";

static const uint8_t to_controller[6] = {0x01, 0x80, 0xc2, 0, 0, 0x0e};
static const uint8_t from_controller[6] = {0x02, 0x6e, 0x6d, 0x65, 0x74, 0x61};

enum behaviour {
    GOOD,
    HANG_ON_ADVICE,
    DROP_ADVICE,   /* closes the connection without a reply */
    REFUSE_ADVICE, /* 500 */
    PROXY_ADVICE,  /* 504, 502, 503, as from a proxy without a controller */
    HANG_ON_POLICY
};

/* The calls that the controller and the data plane received, and the controller's behaviour. */
struct lab {
    pthread_mutex_t lock; /* of the members below, except during set-up */
    struct server server;
    char calls[CALLS_MAX]; /* "METHOD PATH, ..." below the base, without keepalives */
    char advice[CALLS_MAX];
    unsigned keepalives, advice_count;
    unsigned hung;      /* policies requested and never sent */
    uint64_t advice_ns; /* time of the latest advice */
    unsigned sessions;  /* sessions created; the last digit of uuid_controller */
    enum behaviour behaviour;
    unsigned proxy_answers;
    const char *policy;
    bool restarted; /* knows only sessions created from now on */
    bool discovered;
    bool echoes; /* returns the DPAE's own frames to it */

    char reported[256]; /* session callbacks */
    unsigned policies;
    char taken_policy[2 * sizeof main_policy];
    uint8_t frame[1600]; /* the latest discovery frame */
    size_t frame_length;
    int frames[2]; /* [0]: to the DPAE */
    uint16_t listening;
    struct event events[EVENTS_MAX];
    unsigned put, taken;

    struct config config;
    int event_fd;
    struct control *control;
};

static struct lab lab;

static void lock(void) {
    (void)pthread_mutex_lock(&lab.lock);
}

static void unlock(void) {
    (void)pthread_mutex_unlock(&lab.lock);
}

static void add(char *list, size_t size, const char *text) {
    const size_t used = strlen(list);
    snprintf(list + used, size - used, "%s%s", used ? ", " : "", text);
}

/* ---- the controller ---- */

static const char *value_of(const char *body, const char *key, char value[128]) {
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *at = strstr(body, quoted);
    value[0] = '\0';
    if (at) {
        at += strlen(quoted);
        at += strspn(at, " \"");
        snprintf(value, 128, "%.*s", (int)strcspn(at, "\",}"), at);
    }
    return value;
}

/* Replies with an object in a JSON string, as the original does. Quotes are written as '. */
static void reply_object(int fd, int status, const char *object) {
    char body[2048];
    size_t used = 0;
    body[used++] = '"';
    for (const char *at = object; *at && used < sizeof body - 4; at++) {
        if (*at == '\'') {
            body[used++] = '\\';
        }
        body[used] = *at;
        if (*at == '\'') {
            body[used] = '"';
        }
        used++;
    }
    body[used++] = '"';
    body[used] = '\0';
    server_reply(fd, status, body);
}

static void session_uuid(char uuid[64]) {
    snprintf(uuid, 64, "5d78f7c6-e6aa-11f1-948a-e14bd581000%u", lab.sessions % 10);
}

static void create(const struct server_request *request, int fd) {
    char object[1024], uuid[64], echo[128];
    lab.sessions++;
    lab.restarted = false;
    lab.discovered = false;
    session_uuid(uuid);
    snprintf(object, sizeof object,
             "{'hostname_controller': 'lab', 'uuid_dpae': '%s', 'uuid_controller': '%s', "
             "'dpae2ctrl_mac': '01-80-C2-00-00-0E', 'ctrl2dpae_mac': '02:6e:6d:65:74:61', "
             "'dpae_ethertype': 8267}",
             value_of(request->body, "uuid_dpae", echo), uuid);
    reply_object(fd, 201, object);
}

static void read_back(const struct server_request *request, int fd) {
    char object[1024], host[128], echo[128];
    snprintf(
        object, sizeof object, "{'hostname_dpae': '%s', 'uuid_dpae': '%s', 'time_created': 1.5%s}",
        value_of(request->body, "hostname_dpae", host), value_of(request->body, "uuid_dpae", echo),
        lab.discovered ? ", 'dpid': 18446744073709551615, 'switch_port': 4" : "");
    reply_object(fd, 200, object);
}

/* Sends the discovery frame's payload with swapped addresses. */
static void send_confirmation(int fd) {
    uint8_t frame[1600];
    memcpy(frame, lab.frame, lab.frame_length);
    if (lab.echoes) {
        (void)send(lab.frames[0], frame, lab.frame_length, 0);
    } else {
        memcpy(frame, from_controller, 6);
        memcpy(frame + 6, to_controller, 6);
        (void)send(lab.frames[0], frame, lab.frame_length, 0);
    }
    reply_object(fd, 500, "{'Error': 'Pkt send failed'}");
}

static bool answer_advice(const struct server_request *request, int fd) {
    char text[64], port[128], type[128];
    snprintf(text, sizeof text, "%s %s", value_of(request->body, "type", type),
             value_of(request->body, "tp_A", port));
    if (lab.advice_count++ < 100) {
        add(lab.advice, sizeof lab.advice, text);
    }
    lab.advice_ns = clock_monotonic_ns();
    if (lab.behaviour == HANG_ON_ADVICE) {
        unlock();
        char byte;
        (void)recv(fd, &byte, 1, 0);
        lock();
        return false;
    }
    if (lab.behaviour == DROP_ADVICE && strcmp(port, "666") == 0) {
        return false;
    }
    static const int proxy_statuses[] = {504, 502, 503};
    const int status = lab.behaviour == REFUSE_ADVICE  ? 500
                       : lab.behaviour == PROXY_ADVICE ? proxy_statuses[lab.proxy_answers++ % 3]
                                                       : 200;
    server_reply(fd, status, "\"Thanks\"");
    return true;
}

static bool ends_with(const char *text, const char *end) {
    const size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static bool answer_session(const struct server_request *request, const char *path, int fd) {
    char object[1024], echo[128];
    if (ends_with(path, "/send_conf_packet/")) {
        send_confirmation(fd);
    } else if (ends_with(path, "/main_policy/") && lab.behaviour == HANG_ON_POLICY) {
        lab.hung++;
    } else if (ends_with(path, "/main_policy/")) {
        server_reply(fd, 200, lab.policy);
    } else if (ends_with(path, "/services/tc/opt_rules/")) {
        server_reply(fd, 200, opt_rules);
    } else if (ends_with(path, "/services/tc/state/")) {
        snprintf(object, sizeof object,
                 "{'status': 'tc_started', 'mode': 'passive', 'uuid_dpae': '%s'}",
                 value_of(request->body, "uuid_dpae", echo));
        reply_object(fd, 200, object);
    } else if (ends_with(path, "/keepalive/")) {
        server_reply(fd, 200, "\"OK\"");
    } else if (ends_with(path, "/services/tc/classify/")) {
        return answer_advice(request, fd);
    } else {
        read_back(request, fd);
    }
    return true;
}

static bool answer_locked(const struct server_request *request, int fd) {
    static const char base[] = "/nmeta/v2/aux/";
    char uuid[64], text[600];
    if (strncmp(request->path, base, strlen(base)) != 0) {
        server_reply(fd, 404, "no such page");
        return true;
    }
    const char *const path = request->path + strlen(base);
    snprintf(text, sizeof text, "%s %s", request->method, path[0] ? path + 35 : "");
    if (ends_with(path, "/keepalive/")) {
        lab.keepalives++;
    } else if (!ends_with(path, "/classify/")) {
        add(lab.calls, sizeof lab.calls, text);
    }
    session_uuid(uuid);
    if (path[0] == '\0') {
        create(request, fd);
    } else if (lab.restarted || strncmp(path, uuid, strlen(uuid)) != 0) {
        reply_object(fd, 400, "{'Error': 'UUID not in DB'}");
    } else {
        return answer_session(request, path, fd);
    }
    return true;
}

static bool answer(struct server *server, const struct server_request *request, int fd) {
    (void)server;
    lock();
    const bool open = answer_locked(request, fd);
    unlock();
    return open;
}

/* ---- the data plane ---- */

static int send_frame(void *context, const uint8_t *frame, size_t length, struct error *error) {
    (void)context;
    (void)error;
    lock();
    memcpy(lab.frame, frame, length);
    lab.frame_length = length;
    lab.discovered = true;
    unlock();
    return 0;
}

static int listen_for(void *context, uint16_t ethertype, struct error *error) {
    (void)context;
    (void)error;
    lock();
    lab.listening = ethertype;
    unlock();
    return ethertype ? lab.frames[1] : 0;
}

static size_t receive_frame(void *context, uint8_t *frame, size_t size) {
    (void)context;
    const ssize_t length = recv(lab.frames[1], frame, size, MSG_DONTWAIT);
    return length > 0 ? (size_t)length : 0;
}

static bool apply_policy(void *context, const struct policy_text *text) {
    (void)context;
    lock();
    lab.policies++;
    snprintf(lab.taken_policy, sizeof lab.taken_policy, "%.*s %.*s", (int)text->policy_length,
             text->policy, (int)text->rules_length, text->rules);
    unlock();
    return true;
}

static void session(void *context, bool up, enum policy_mode mode, const uint8_t dpae2ctrl_mac[6],
                    const uint8_t ctrl2dpae_mac[6], uint16_t ethertype) {
    (void)context;
    const bool good = memcmp(dpae2ctrl_mac, to_controller, 6) == 0 &&
                      memcmp(ctrl2dpae_mac, from_controller, 6) == 0 && ethertype == 8267;
    lock();
    add(lab.reported, sizeof lab.reported,
        !good                    ? "wrong"
        : !up                    ? "down"
        : mode == POLICY_PASSIVE ? "passive"
                                 : "active");
    unlock();
}

static bool take_event(void *context, struct event *event) {
    (void)context;
    lock();
    const bool found = lab.taken < lab.put;
    if (found) {
        *event = lab.events[lab.taken++ % EVENTS_MAX];
    }
    unlock();
    return found;
}

/* Queues the suppression of a flow from this port. */
static void put_event(uint16_t port) {
    lock();
    lab.events[lab.put++ % EVENTS_MAX] = (struct event){
        .kind = EVENT_VERDICT,
        .verdict = {.hash = port,
                    .actions = EVENT_SUPPRESS,
                    .ends = {.ip_version = 4, .proto = 6, .port_a = port, .port_b = 80}}};
    unlock();
    assert_int_equal(eventfd_write(lab.event_fd, 1), 0);
}

/* ---- the test bed ---- */

static void replace(const char **member, const char *text) {
    free((char *)*member);
    *member = strdup(text);
}

static int start_lab(void **state) {
    (void)state;
    memset(&lab, 0, sizeof lab);
    lab.policy = main_policy;
    lab.event_fd = eventfd(0, EFD_NONBLOCK);
    if (lab.event_fd < 0 || pthread_mutex_init(&lab.lock, NULL) != 0 ||
        socketpair(AF_UNIX, SOCK_DGRAM, 0, lab.frames) != 0 || config_defaults(&lab.config) != 0) {
        return -1;
    }
    server_start(&lab.server, 0, answer, NULL);
    replace(&lab.config.nmeta_controller_address, "http://127.0.0.1");
    replace(&lab.config.nmeta_api_path, "nmeta/v2/aux/");
    lab.config.nmeta_controller_port = lab.server.port;
    lab.config.keepalive_interval = 0.05;
    lab.config.controller_timeout = 0.3;
    return 0;
}

static int stop_lab(void **state) {
    (void)state;
    control_stop(lab.control, 0);
    server_stop(&lab.server);
    config_free(&lab.config);
    (void)close(lab.event_fd);
    (void)close(lab.frames[0]);
    (void)close(lab.frames[1]);
    (void)pthread_mutex_destroy(&lab.lock);
    return 0;
}

static int start_control(struct error *error) {
    const struct control_options options = {.config = &lab.config,
                                            .if_name = "lab0",
                                            .dpae_version = "0.1.0",
                                            .event_fd = lab.event_fd,
                                            .callbacks = {.send_frame = send_frame,
                                                          .listen = listen_for,
                                                          .receive_frame = receive_frame,
                                                          .apply_policy = apply_policy,
                                                          .session = session,
                                                          .take_event = take_event}};
    return control_start(&lab.control, &options, error);
}

static struct control_state get_state(void) {
    struct control_state state;
    control_get_state(lab.control, &state);
    return state;
}

static bool is_up(void) {
    return get_state().up;
}

/* Waits until condition holds. */
#define await(condition)                                                                           \
    do {                                                                                           \
        const uint64_t end_ns_ = clock_monotonic_ns() + 10 * NS_PER_S;                             \
        while (!(condition)) {                                                                     \
            if (clock_monotonic_ns() > end_ns_) {                                                  \
                fail_msg("%s: not in time; note: %s", #condition, get_state().last_note);          \
            }                                                                                      \
            (void)usleep(1000);                                                                    \
        }                                                                                          \
    } while (0)

static void start_up(void) {
    struct error error = {0};
    if (start_control(&error) != 0) {
        fail_msg("%s", error.message);
    }
    await(is_up());
}

static void set_mood(enum behaviour behaviour) {
    lock();
    lab.behaviour = behaviour;
    unlock();
}

static unsigned advice_count(void) {
    lock();
    const unsigned count = lab.advice_count;
    unlock();
    return count;
}

static unsigned keepalives(void) {
    lock();
    const unsigned count = lab.keepalives;
    unlock();
    return count;
}

static unsigned hung(void) {
    lock();
    const unsigned count = lab.hung;
    unlock();
    return count;
}

static unsigned policies(void) {
    lock();
    const unsigned count = lab.policies;
    unlock();
    return count;
}

static uint64_t sent(void) {
    return get_state().advice.sent;
}

/* ---- the session ---- */

static void a_session_comes_up(void **state) {
    (void)state;
    const uint64_t start_ns = clock_monotonic_ns(), before_ns = clock_wall_ns();
    start_up();
    assert_true(clock_monotonic_ns() - start_ns < 2 * NS_PER_S);
    assert_string_equal(get_state().phase, "up");
    assert_int_equal(get_state().mode, POLICY_PASSIVE);
    assert_in_range(get_state().since_ns, before_ns, clock_wall_ns());
    assert_int_equal(get_state().sessions, 1);
    await(keepalives() > 2);
    lock();
    assert_string_equal(lab.reported, "passive");
    assert_string_equal(lab.calls, "POST , GET 1, POST 1/send_conf_packet/, GET 1/main_policy/, "
                                   "GET 1/services/tc/opt_rules/, PUT 1/services/tc/state/");
    char both[sizeof main_policy + sizeof opt_rules];
    snprintf(both, sizeof both, "%s %s", main_policy, opt_rules);
    assert_string_equal(lab.taken_policy, both);
    assert_int_equal(lab.policies, 1);
    assert_int_equal(lab.listening, 0);
    assert_true(lab.frame_length >= 60);
    assert_memory_equal(lab.frame, to_controller, 6);
    assert_memory_equal(lab.frame + 6, from_controller, 6);
    assert_memory_equal(lab.frame + 12, "\x20\x4b{", 3);
    unlock();
    assert_int_equal(server_accepted(&lab.server), 1);
}

static void address_and_path_are_accepted_in_several_forms(void **state) {
    (void)state;
    replace(&lab.config.nmeta_controller_address, "localhost");
    replace(&lab.config.nmeta_api_path, "nmeta/v2/aux");
    start_up();
}

static void the_dpaes_own_frame_is_not_a_confirmation(void **state) {
    (void)state;
    lab.echoes = true;
    lab.config.phase3_sniff_dc_timeout = 0.05;
    struct error error = {0};
    assert_int_equal(start_control(&error), 0);
    await(strstr(get_state().last_note, "confirmation frame") != NULL);
    assert_false(is_up());
    lock();
    lab.echoes = false;
    unlock();
    await(is_up());
}

static void an_invalid_policy_is_not_passed_on(void **state) {
    (void)state;
    lab.policy = "{\"tc_policies\": {}}";
    struct error error = {0};
    assert_int_equal(start_control(&error), 0);
    await(strstr(get_state().last_note, "policy") != NULL);
    assert_false(is_up());
    lock();
    assert_int_equal(lab.policies, 0);
    unlock();
}

static void a_changed_policy_is_passed_on(void **state) {
    (void)state;
    char *const changed = strdup(main_policy);
    strstr(changed, "\"arp\": 1")[7] = '0';
    lab.config.policy_poll_interval = 0.05;
    start_up();
    (void)usleep(200000);
    lock();
    assert_int_equal(lab.policies, 1);
    lab.policy = changed;
    unlock();
    await(policies() == 2);
    lock();
    assert_non_null(strstr(lab.taken_policy, "\"arp\": 0"));
    assert_string_equal(lab.reported, "passive");
    unlock();
    control_stop(lab.control, 0);
    lab.control = NULL;
    free(changed);
}

static void a_dead_controller_is_rejoined(void **state) {
    (void)state;
    start_up();
    server_stop(&lab.server);
    await(!is_up());
    await(strstr(get_state().last_note, "no reply") != NULL);
    put_event(1);
    server_start(&lab.server, lab.config.nmeta_controller_port, answer, NULL);
    await(is_up());
    await(sent() == 1);
    lock();
    assert_string_equal(lab.reported, "passive, down, passive");
    assert_string_equal(lab.advice, "suppress 1");
    unlock();
    assert_int_equal(get_state().sessions, 2);
}

static void invalid_files_are_rejected_at_start(void **state) {
    (void)state;
    replace(&lab.config.controller_token_file, "/none/token");
    struct error error = {0};
    assert_int_equal(start_control(&error), -ENOENT);
    assert_null(lab.control);
    assert_non_null(strstr(error.message, "/none/token"));
}

/* ---- advice ---- */

static void advice_is_sent_in_order(void **state) {
    (void)state;
    start_up();
    for (uint16_t port = 1; port <= 5; port++) {
        put_event(port);
    }
    await(sent() == 5);
    lock();
    assert_string_equal(lab.advice, "suppress 1, suppress 2, suppress 3, suppress 4, suppress 5");
    unlock();
}

static void advice_from_before_the_session_is_sent(void **state) {
    (void)state;
    put_event(7);
    start_up();
    await(sent() == 1);
}

static int compare_ns(const void *a, const void *b) {
    const uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;
    return first < second ? -1 : first > second;
}

/* Measures from the event to the whole request at the controller. Takes the median, since the
 * machine may be busy; any wait would show in it. */
static void advice_leaves_within_a_millisecond(void **state) {
    (void)state;
    enum { EVENTS = 101 };
    uint64_t took_ns[EVENTS];
    start_up();
    for (unsigned i = 0; i < EVENTS; i++) {
        const uint64_t start_ns = clock_monotonic_ns();
        put_event((uint16_t)i);
        await(advice_count() == i + 1);
        lock();
        took_ns[i] = lab.advice_ns - start_ns;
        unlock();
    }
    qsort(took_ns, EVENTS, sizeof took_ns[0], compare_ns);
    if (took_ns[EVENTS / 2] > NS_PER_MS) {
        fail_msg("median %zu us, greatest %zu us", (size_t)took_ns[EVENTS / 2] / 1000,
                 (size_t)took_ns[EVENTS - 1] / 1000);
    }
    assert_in_range(server_accepted(&lab.server), 1, 2);
}

static void an_idle_thread_does_not_spin(void **state) {
    (void)state;
    lab.config.keepalive_interval = 60;
    start_up();
    put_event(1);
    await(sent() == 1);
    const clock_t before = clock();
    (void)usleep(200000);
    assert_true(clock() - before < CLOCKS_PER_SEC / 10);
}

static void keepalives_go_on_while_advice_hangs(void **state) {
    (void)state;
    lab.config.controller_timeout = 5;
    start_up();
    set_mood(HANG_ON_ADVICE);
    put_event(1);
    await(advice_count() == 1);
    const unsigned before = keepalives();
    await(keepalives() >= before + 10);
    assert_true(is_up());
    assert_int_equal(advice_count(), 1);
}

static void keepalives_go_on_while_a_policy_hangs(void **state) {
    (void)state;
    lab.config.controller_timeout = 5;
    lab.config.policy_poll_interval = 0.1;
    start_up();
    set_mood(HANG_ON_POLICY);
    await(hung() == 1);
    const unsigned before = keepalives();
    await(keepalives() >= before + 10);
    assert_true(is_up());
    assert_int_equal(hung(), 1);
}

static void a_restarted_controller_gets_the_advice(void **state) {
    (void)state;
    lab.config.keepalive_interval = 60; /* so that advice is the first to notice */
    start_up();
    lock();
    lab.restarted = true;
    unlock();
    put_event(1);
    put_event(2);
    await(sent() == 2);
    lock();
    assert_string_equal(lab.reported, "passive, down, passive");
    assert_string_equal(lab.advice, "suppress 1, suppress 2"); /* advice of the new session */
    unlock();
    assert_int_equal(get_state().sessions, 2);
    assert_int_equal(get_state().advice.refused, 0);
}

static void refused_advice_is_dropped(void **state) {
    (void)state;
    start_up();
    set_mood(REFUSE_ADVICE);
    put_event(1);
    put_event(2);
    await(get_state().advice.refused == 2);
    set_mood(GOOD);
    put_event(3);
    await(sent() == 1);
    assert_true(is_up());
}

static void advice_that_a_proxy_could_not_deliver_is_sent_again(void **state) {
    (void)state;
    lab.config.keepalive_interval = 1; /* triggers the third try */
    start_up();
    set_mood(PROXY_ADVICE);
    put_event(1);
    await(advice_count() >= 2);
    set_mood(GOOD);
    await(sent() == 1);
    assert_int_equal(get_state().advice.refused, 0);
    assert_true(is_up());
}

static void unanswered_advice_is_dropped_after_three_tries(void **state) {
    (void)state;
    start_up();
    set_mood(DROP_ADVICE);
    put_event(666);
    put_event(2);
    await(sent() == 1);
    lock();
    assert_string_equal(lab.advice, "suppress 666, suppress 666, suppress 666, suppress 2");
    unlock();
    assert_int_equal(get_state().advice.refused, 1);
    assert_true(is_up());
}

/* Tries in a lost session do not count in the next. */
static void tries_are_counted_per_session(void **state) {
    (void)state;
    lab.config.keepalive_interval = 0.4;
    lab.config.keepalive_retries = 1;
    start_up();
    set_mood(DROP_ADVICE);
    put_event(666);
    await(advice_count() == 2);
    server_stop(&lab.server);
    await(!is_up());
    server_start(&lab.server, lab.config.nmeta_controller_port, answer, NULL);
    await(get_state().advice.refused == 1);
    assert_int_equal(advice_count(), 5);
}

/* ---- the end ---- */

static void queued_advice_is_sent_at_the_end(void **state) {
    (void)state;
    start_up();
    lock();
    for (uint16_t port = 1; port <= 50; port++) {
        lab.events[lab.put++] = (struct event){
            .kind = EVENT_VERDICT,
            .verdict = {.hash = port,
                        .actions = EVENT_SUPPRESS,
                        .ends = {.ip_version = 4, .proto = 6, .port_a = port, .port_b = 80}}};
    }
    unlock();
    control_stop(lab.control, 5000);
    lab.control = NULL;
    assert_int_equal(lab.advice_count, 50);
    assert_string_equal(lab.reported, "passive, down");
}

static void stopping_does_not_wait_forever(void **state) {
    (void)state;
    lab.config.controller_timeout = 60;
    start_up();
    set_mood(HANG_ON_ADVICE);
    put_event(1);
    await(advice_count() == 1);
    const uint64_t start_ns = clock_monotonic_ns();
    control_stop(lab.control, 100);
    lab.control = NULL;
    assert_in_range((clock_monotonic_ns() - start_ns) / NS_PER_MS, 99, 1000);
    assert_string_equal(lab.reported, "passive, down");
}

static void stopping_without_a_session_is_immediate(void **state) {
    (void)state;
    lab.config.nmeta_controller_port = 1;
    put_event(1);
    struct error error = {0};
    assert_int_equal(start_control(&error), 0);
    await(get_state().last_note[0] != '\0');
    const uint64_t start_ns = clock_monotonic_ns();
    control_stop(lab.control, 5000);
    lab.control = NULL;
    assert_in_range((clock_monotonic_ns() - start_ns) / NS_PER_MS, 0, 500);
    assert_string_equal(lab.reported, "");
}

int main(void) {
    struct error error = {0};
    const struct log_settings quiet = {.console_enabled = false};
    if (http_global_init(&error) != 0 || log_open(&quiet, &error) != 0) {
        (void)fprintf(stderr, "%s\n", error.message);
        return 1;
    }
#define IN_LAB(test) cmocka_unit_test_setup_teardown(test, start_lab, stop_lab)
    const struct CMUnitTest tests[] = {
        IN_LAB(a_session_comes_up),
        IN_LAB(address_and_path_are_accepted_in_several_forms),
        IN_LAB(the_dpaes_own_frame_is_not_a_confirmation),
        IN_LAB(an_invalid_policy_is_not_passed_on),
        IN_LAB(a_changed_policy_is_passed_on),
        IN_LAB(a_dead_controller_is_rejoined),
        IN_LAB(invalid_files_are_rejected_at_start),
        IN_LAB(advice_is_sent_in_order),
        IN_LAB(advice_from_before_the_session_is_sent),
        IN_LAB(advice_leaves_within_a_millisecond),
        IN_LAB(an_idle_thread_does_not_spin),
        IN_LAB(keepalives_go_on_while_advice_hangs),
        IN_LAB(keepalives_go_on_while_a_policy_hangs),
        IN_LAB(a_restarted_controller_gets_the_advice),
        IN_LAB(refused_advice_is_dropped),
        IN_LAB(advice_that_a_proxy_could_not_deliver_is_sent_again),
        IN_LAB(unanswered_advice_is_dropped_after_three_tries),
        IN_LAB(tries_are_counted_per_session),
        IN_LAB(queued_advice_is_sent_at_the_end),
        IN_LAB(stopping_does_not_wait_forever),
        IN_LAB(stopping_without_a_session_is_immediate),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    log_close();
    return failed;
}
