using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Settings;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt.Server;

/// <summary>Who may connect by a listener, and what it may do: keys of the listener's section. Files are read at start and on reload.</summary>
public sealed record ListenerSecurity
{
    /// <summary>Who may connect without credentials; null takes <see cref="MqttServerSettings.AllowAnonymous"/>. Default: null.</summary>
    public AnonymousAccess? AllowAnonymous
    {
        get;
        init => field = value is { } access ? SettingRange.Choice(access, "allow-anonymous") : null;
    }

    /// <summary>Users and their hashed passwords, as <c>akka-mqtt passwd</c> or <c>mosquitto_passwd</c> makes it. Default: null.</summary>
    public string? PasswordFile { get; init => field = SettingRange.TextOrNone(value, "password-file"); }

    /// <summary>Who may read, write and subscribe to what, in mosquitto's words. Default: null, everybody everything.</summary>
    public string? AclFile { get; init => field = SettingRange.TextOrNone(value, "acl-file"); }

    /// <summary>How strictly the rules of <see cref="AclFile"/> are taken. Default: <see cref="AclMode.Strict"/>.</summary>
    public AclMode AclMode { get; init => field = SettingRange.Choice(value, "acl-mode"); }

    /// <summary>Users of SCRAM-SHA-256, as <c>akka-mqtt passwd --scram</c> makes it. Default: null.</summary>
    public string? ScramFile { get; init => field = SettingRange.TextOrNone(value, "scram-file"); }

    /// <summary>Whether the certificate of a client is its user name. Default: off.</summary>
    public CertificateIdentity UseIdentityAsUserName { get; init => field = SettingRange.Choice(value, "use-identity-as-user-name"); }

    /// <summary>PEM file of certificate revocation lists: a client whose certificate is in one is refused. Default: null.</summary>
    public string? RevocationFile { get; init => field = SettingRange.TextOrNone(value, "crl-file"); }

    /// <summary>Whether the verified user name of a client is its client identifier, whatever it sends. Default: no.</summary>
    public bool UseUserNameAsClientId { get; init; }

    /// <summary>Client identifiers must begin with one of these; empty allows all. Default: empty.</summary>
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
            var other => throw new ConfigurationException($"listeners.{name}.acl-mode = {other} is none of strict and mosquitto."),
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
            var other => throw new ConfigurationException($"listeners.{name}.use-identity-as-user-name = {other} is none of off, cn and subject."),
        },
    };

    internal static AnonymousAccess AccessOf(string key, string text) => text switch
    {
        "loopback" => AnonymousAccess.Loopback,
        "on" or "true" or "yes" => AnonymousAccess.On,
        "off" or "false" or "no" => AnonymousAccess.Off,
        _ => throw new ConfigurationException($"{key} = {text} is none of loopback, on and off."),
    };

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
