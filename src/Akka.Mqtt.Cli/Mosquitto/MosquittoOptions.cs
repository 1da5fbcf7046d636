using System.Collections.Frozen;

namespace Akka.Mqtt.Cli.Mosquitto;

/// <summary>The options of mosquitto.conf that have no counterpart, and why. docs/mosquitto.md has the whole table.</summary>
internal static class MosquittoOptions
{
    /// <summary>Harmless here: they control details of mosquitto that this server handles itself. Accepted without a warning.</summary>
    public static FrozenSet<string> Silent { get; } = new[]
    {
        "allow_duplicate_messages", "autosave_interval", "autosave_on_changes", "connection_messages", "store_clean_interval", "set_tcp_nodelay",
        "websockets_log_level", "websockets_headers_size", "log_timestamp", "log_timestamp_format",
        "retry_interval",
        "persistence", "retained_persistence", "persistence_location", "persistence_file", // MosquittoPersistence reads them
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Omitted with a warning: the server works without them, and is not less safe.</summary>
    public static FrozenDictionary<string, string> Warned { get; } = new Dictionary<string, string>
    {
        ["log_dest"] = "the log goes to stderr",
        ["log_facility"] = "the log goes to stderr",
        ["log_type"] = "the level of the log is akka.loglevel",
        ["pid_file"] = "no file is written",
        ["user"] = "the server runs as the user that started it",
        ["http_dir"] = "no files are served",
        ["ciphers"] = "cipher suites are the system's",
        ["ciphers_tls1.3"] = "cipher suites are the system's",
        ["dhparamfile"] = "key exchange is the system's",
        ["tls_engine"] = "keys are read from files",
        ["tls_engine_kpass_sha1"] = "keys are read from files",
        ["websockets_origin"] = "name it as allowed-origins in HOCON",
        ["global_max_clients"] = "use max-connections",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Options of a bridge, which follow a <c>connection</c>.</summary>
    public static FrozenSet<string> Bridge { get; } = new[]
    {
        "address", "addresses", "topic", "bridge_attempt_unsubscribe", "bridge_bind_address", "bridge_max_packet_size", "bridge_max_topic_alias",
        "bridge_outgoing_retain", "bridge_protocol_version", "bridge_alpn", "bridge_cafile", "bridge_capath", "bridge_certfile", "bridge_identity",
        "bridge_insecure", "bridge_keyfile", "bridge_psk", "bridge_require_ocsp", "bridge_tls_version", "bridge_receive_maximum",
        "bridge_session_expiry_interval", "bridge_tcp_keepalive", "bridge_tcp_user_timeout", "bridge_reload_type", "cleansession",
        "local_cleansession", "clientid", "local_clientid", "local_password", "local_username", "remote_clientid", "remote_password",
        "remote_username", "username", "password", "keepalive_interval", "idle_timeout", "notifications", "notifications_local_only",
        "notification_topic", "restart_timeout", "round_robin", "start_type", "threshold", "try_private",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Options of a bridge that are omitted with a warning.</summary>
    public static FrozenDictionary<string, string> BridgeWarned { get; } = new Dictionary<string, string>
    {
        ["bridge_attempt_unsubscribe"] = "messages that no topic of the bridge matches are dropped and counted",
        ["bridge_bind_address"] = "the system chooses the address that a bridge connects from",
        ["bridge_max_packet_size"] = "it is connection.max-packet-size of all connections",
        ["bridge_reload_type"] = "bridges are not read again while the server runs",
        ["bridge_tcp_keepalive"] = "TCP keep-alive is the system's",
        ["bridge_tcp_user_timeout"] = "a silent server is noticed by keepalive_interval",
        ["bridge_tls_version"] = "TLS 1.2 and 1.3 are spoken",
        ["bridge_alpn"] = "no protocol is named in the TLS handshake",
        ["idle_timeout"] = "a bridge stays connected",
        ["threshold"] = "a bridge stays connected",
        ["round_robin"] = "each failed attempt moves on to the next address",
        ["local_clientid"] = "the client identifier at this server is bridge.NAME",
        ["local_username"] = "a bridge needs no credentials at its own server",
        ["local_password"] = "a bridge needs no credentials at its own server",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Options of a bridge that are errors.</summary>
    public static FrozenDictionary<string, string> BridgeUnsafe { get; } = new Dictionary<string, string>
    {
        ["bridge_capath"] = "put the authorities into one file and name it as bridge_cafile",
        ["bridge_identity"] = "TLS with pre-shared keys is not available",
        ["bridge_psk"] = "TLS with pre-shared keys is not available",
        ["bridge_require_ocsp"] = "OCSP is not available",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Options that are errors: the server would be less strict than mosquitto without them.</summary>
    public static FrozenDictionary<string, string> Unsafe { get; } = new Dictionary<string, string>
    {
        ["plugin"] = "plugins cannot be loaded; this one may decide which clients may connect",
        ["global_plugin"] = "plugins cannot be loaded; this one may decide which clients may connect",
        ["plugin_load"] = "plugins cannot be loaded; this one may decide which clients may connect",
        ["plugin_use"] = "plugins cannot be loaded; this one may decide which clients may connect",
        ["auth_plugin"] = "plugins cannot be loaded; this one decides which clients may connect",
        ["auth_plugin_deny_special_chars"] = "plugins cannot be loaded; this one decides which clients may connect",
        ["psk_file"] = "TLS with pre-shared keys is not available",
        ["psk_hint"] = "TLS with pre-shared keys is not available",
        ["use_psk"] = "TLS with pre-shared keys is not available",
        ["capath"] = "put the authorities into one file and name it as cafile",
        ["accept_protocol_versions"] = "versions cannot be refused",
        ["proxy_protocol"] = "the PROXY protocol is not available",
        ["enable_proxy_protocol"] = "the PROXY protocol is not available",
        ["proxy_protocol_v2_require_tls"] = "the PROXY protocol is not available",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Prefixes of options, such as <c>plugin_opt_*</c>.</summary>
    public static bool IsPluginOption(string option) =>
        option.StartsWith("plugin_opt_", StringComparison.Ordinal) || option.StartsWith("auth_opt_", StringComparison.Ordinal);
}
