using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Settings;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt.Server;

/// <summary>
/// Decides who may connect through a listener and what clients may do: keys of the listener's section. Files are read at start and on
/// reload.
/// </summary>
public sealed record ListenerSecurity
{
    /// <summary>Who may connect without credentials; null uses <see cref="MqttServerSettings.AllowAnonymous"/>. Default: null.</summary>
    public AnonymousAccess? AllowAnonymous
    {
        get;
        init => field = value is { } access ? SettingRange.Choice(access, "allow-anonymous") : null;
    }

    /// <summary>
    /// File of users and hashed passwords, as <c>akka-mqtt passwd</c> or <c>mosquitto_passwd</c> writes it. Default: null.
    /// </summary>
    public string? PasswordFile { get; init => field = SettingRange.TextOrNone(value, "password-file"); }

    /// <summary>
    /// File of rules that grant reading, writing and subscribing, in the format of mosquitto. Default: null, which grants everything to
    /// everybody.
    /// </summary>
    public string? AclFile { get; init => field = SettingRange.TextOrNone(value, "acl-file"); }

    /// <summary>How strictly the rules of <see cref="AclFile"/> are applied. Default: <see cref="AclMode.Strict"/>.</summary>
    public AclMode AclMode { get; init => field = SettingRange.Choice(value, "acl-mode"); }

    /// <summary>File of users for SCRAM-SHA-256, as <c>akka-mqtt passwd --scram</c> writes it. Default: null.</summary>
    public string? ScramFile { get; init => field = SettingRange.TextOrNone(value, "scram-file"); }

    /// <summary>Which part of the client certificate is the user name. Default: off.</summary>
    public CertificateIdentity UseIdentityAsUserName { get; init => field = SettingRange.Choice(value, "use-identity-as-user-name"); }

    /// <summary>PEM file of certificate revocation lists. A client whose certificate is listed is refused. Default: null.</summary>
    public string? RevocationFile { get; init => field = SettingRange.TextOrNone(value, "crl-file"); }

    /// <summary>Whether the verified user name replaces the client identifier that the client sends. Default: no.</summary>
    public bool UseUserNameAsClientId { get; init; }

    /// <summary>Client identifiers must start with one of these; empty allows all. Default: empty.</summary>
    public MqttList<string> ClientIdPrefixes { get; init; }

    internal static ListenerSecurity Create(string name, Config config) => new()
    {
        AllowAnonymous = config.GetString("allow-anonymous") is { Length: > 0 } text
            ? AccessOf($"listeners.{name}.allow-anonymous", text)
            : null,
        PasswordFile = NullIfEmpty(config.GetString("password-file")),
        AclFile = NullIfEmpty(config.GetString("acl-file")),
        AclMode = config.GetString("acl-mode") switch
        {
            "strict" => AclMode.Strict,
            "mosquitto" => AclMode.Mosquitto,
            var other => throw new ConfigurationException($"listeners.{name}.acl-mode = {other} is neither strict nor mosquitto."),
        },
        ScramFile = NullIfEmpty(config.GetString("scram-file")),
        RevocationFile = NullIfEmpty(config.GetString("crl-file")),
        UseUserNameAsClientId = config.Switch("use-user-name-as-client-id"),
        ClientIdPrefixes = MqttList.From(config.GetStringList("client-id-prefixes")),
        UseIdentityAsUserName = config.GetString("use-identity-as-user-name") switch
        {
            "off" or "false" or "no" => CertificateIdentity.Off,
            "cn" => CertificateIdentity.CommonName,
            "subject" => CertificateIdentity.Subject,
            var other => throw new ConfigurationException($"listeners.{name}.use-identity-as-user-name = {other} is not one of off, cn and subject."),
        },
    };

    internal static AnonymousAccess AccessOf(string key, string text) => text switch
    {
        "loopback" => AnonymousAccess.Loopback,
        "on" or "true" or "yes" => AnonymousAccess.On,
        "off" or "false" or "no" => AnonymousAccess.Off,
        _ => throw new ConfigurationException($"{key} = {text} is not one of loopback, on and off."),
    };

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
