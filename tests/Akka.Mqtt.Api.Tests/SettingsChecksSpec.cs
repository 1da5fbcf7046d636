using System.Net;
using System.Reflection;
using Akka.Configuration;
using Akka.Mqtt.Cluster;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Api.Tests;

/// <summary>Each setting that is changed by <c>with</c> is checked as the one that HOCON has: the same exception, and a message that names the key.</summary>
public sealed class SettingsChecksSpec
{
    private static readonly MqttServerSettings Server = MqttServerSettings.Create(Config.Empty);

    /// <summary>One of each type of settings. Their parts are found from here.</summary>
    private static readonly object[] Roots =
    [
        Server,
        Server.Listeners[0],
        new DurabilityRule(DurabilityClass.Durable),
        new MqttBridgeSettings("b", MqttClientSettings.Create((Config?)null)) { Topics = [new MqttBridgeTopic("a")] },
        new MqttBridgeTopic("a"),
        MqttConnectionSettings.Create((Config?)null),
        MqttClientSettings.Create((Config?)null),
        MqttLanesSettings.Create((Config?)null),
        MqttClusterSettings.Create((Config?)null),
    ];

    /// <summary>Texts that a setting refuses. Null: any text will do, also an empty one.</summary>
    private static readonly Dictionary<string, string?> BadTexts = new()
    {
        ["MqttServerSettings.Name"] = "a/b",
        ["MqttServerSettings.ShutdownPhase"] = "",
        ["MqttServerSettings.ResponseInformation"] = "a\0",
        ["MqttServerSettings.ServerReference"] = "",
        ["ListenerSettings.Name"] = "",
        ["ListenerSettings.Path"] = null, // depends on the transport: checked at start
        ["ListenerSettings.CertificateFile"] = "",
        ["ListenerSettings.KeyFile"] = "",
        ["ListenerSettings.ClientAuthorityFile"] = "",
        ["ListenerSettings.MinTlsVersion"] = "1.1",
        ["ListenerSettings.MountPoint"] = "a/#",
        ["ListenerSecurity.PasswordFile"] = "",
        ["ListenerSecurity.AclFile"] = "",
        ["ListenerSecurity.ScramFile"] = "",
        ["ListenerSecurity.RevocationFile"] = "",
        ["MqttServerFeatures.AssignedClientIdPrefix"] = "a+",
        ["MqttClusterSettings.DeviceAnswerTopic"] = "a/#",
        ["MqttBridgeSettings.Name"] = "a/b",
        ["MqttBridgeSettings.NotificationTopic"] = "a/#",
        ["MqttBridgeTopic.Filter"] = "a#",
        ["MqttBridgeTopic.LocalPrefix"] = "a/#",
        ["MqttBridgeTopic.RemotePrefix"] = "a/#",
        ["DurabilityRule.Topic"] = "a#",
        ["DurabilityRule.Listener"] = "",
        ["DurabilityRule.Client"] = "",
        ["MqttConnectionSettings.Dispatcher"] = null,
        ["MqttConnectionSettings.TcpEngine"] = "steam",
        ["MqttClientSettings.ClientId"] = null,
        ["MqttClientSettings.UserName"] = null,
        ["MqttClientSettings.AuthenticationMethod"] = null,
        ["MqttLanesSettings.DeadLetterTopic"] = "a/#",
        ["MqttClusterSettings.Role"] = null,
    };

    /// <summary>The keys of all reference configurations.</summary>
    private static readonly string[] Reference =
    [
        .. Repository.Files("hocon", "*.reference.conf").SelectMany(file => Repository.Read(file).Split('\n'))
            .Where(line => line.Contains(" = ", StringComparison.Ordinal) && !line.TrimStart().StartsWith('#')).Select(line => line.Split(" = ")[0].Trim()),
        "class", "listener",
    ];

    /// <summary>Zero is a time of its own here, not a wrong one.</summary>
    private static readonly string[] MayBeZero = ["MqttClientSettings.SessionExpiry", "MqttClientSettings.KeepAlive", "MqttServerSettings.DrainTime"];

    /// <summary>The largest number of their type is allowed.</summary>
    private static readonly string[] MayBeLargest = ["MqttServerLimits.MaxPublishByteRate", "MqttServerLimits.MemoryLimit"];

    public static TheoryData<string> Settings => new(All().SelectMany(each => Checked(each).Select(property => $"{each.GetType().Name}.{property.Name}")));

    [Theory]
    [MemberData(nameof(Settings))]
    public void A_setting_refuses_what_is_out_of_its_range_and_names_its_key(string setting)
    {
        var (owner, property) = Find(setting);
        foreach (var wrong in WrongValues(setting, property))
        {
            var copy = owner.GetType().GetMethod("<Clone>$")!.Invoke(owner, null)!;
            var thrown = Record.Exception(() => property.SetValue(copy, wrong));
            Assert.True(thrown is TargetInvocationException, $"{setting} = {wrong} passes.");
            var error = Assert.IsType<ConfigurationException>(thrown.InnerException);
            Assert.True(Reference.Any(key => error.Message.Contains(key, StringComparison.Ordinal)) || setting is "ListenerSettings.Name" or "MqttBridgeSettings.Name", $"No key in: {error.Message}");
        }
    }

    [Fact]
    public void Settings_with_all_their_defaults_can_be_set_again()
    {
        foreach (var owner in All())
        {
            foreach (var property in owner.GetType().GetProperties().Where(each => each.SetMethod is { IsPublic: true }))
                property.SetValue(owner.GetType().GetMethod("<Clone>$")!.Invoke(owner, null), property.GetValue(owner));
        }
    }

    [Fact]
    public void What_concerns_several_settings_is_checked_by_the_server_at_start()
    {
        Refuses("max-outstanding-bytes", Server with { Connection = Server.Connection with { MaxQueuedWriteBytes = Server.MaxOutstandingBytes } });
        Refuses("memory.shares", Server with { Limits = Server.Limits with { Memory = Server.Limits.Memory with { Queued = 0.9 } } });
        Refuses("listeners.a.path", Server with { Listeners = [new ListenerSettings("a", MqttTransport.WebSocket, Loopback) { Path = "mqtt" }] });
        Refuses("listeners.a", Server with { Listeners = [new ListenerSettings("a", MqttTransport.Tls, Loopback)] });
        Refuses("listeners.a.crl-file", Server with { Listeners = [new ListenerSettings("a", MqttTransport.Tcp, Loopback) { Security = new() { RevocationFile = "a.crl" } }] });
        Refuses("durability.rules[0]", Server with { Durability = Server.Durability with { Rules = [new DurabilityRule(DurabilityClass.Memory) { Listener = "nobody" }] } });
    }

    private static IPEndPoint Loopback => new(IPAddress.Loopback, 0);

    private static void Refuses(string key, MqttServerSettings settings) =>
        Assert.Contains(key, Assert.Throws<ConfigurationException>(settings.Validate).Message, StringComparison.Ordinal);

    private static IEnumerable<object> All() => Roots.SelectMany(WithParts).DistinctBy(each => each.GetType());

    private static IEnumerable<object> WithParts(object settings) => settings.GetType().GetProperties()
        .Where(property => IsRecord(property.PropertyType) && property.SetMethod is not null).Select(property => property.GetValue(settings))
        .Where(part => part is not null).SelectMany(part => WithParts(part!)).Prepend(settings);

    private static bool IsRecord(Type type) => type.IsClass && type.Namespace!.StartsWith("Akka.Mqtt", StringComparison.Ordinal) && type.GetMethod("<Clone>$") is not null;

    private static IEnumerable<PropertyInfo> Checked(object settings) => settings.GetType().GetProperties().Where(property =>
        property.SetMethod is { IsPublic: true } && Plain(property) is var type && type != typeof(bool) && (type.IsPrimitive || type.IsEnum || type == typeof(TimeSpan) || type == typeof(string)));

    private static Type Plain(PropertyInfo property) => Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;

    private static (object Owner, PropertyInfo Property) Find(string setting)
    {
        var parts = setting.Split('.');
        var owner = All().Single(each => each.GetType().Name == parts[0]);
        return (owner, owner.GetType().GetProperty(parts[1])!);
    }

    private static IEnumerable<object> WrongValues(string setting, PropertyInfo property)
    {
        var type = Plain(property);
        if (type == typeof(string))
        {
            Assert.True(BadTexts.TryGetValue(setting, out var text), $"This test does not know which text {setting} refuses.");
            return text is null ? [] : [text];
        }
        if (type.IsEnum)
            return [Enum.ToObject(type, 99)];
        if (type == typeof(TimeSpan))
            return MayBeZero.Contains(setting) ? [TimeSpan.FromSeconds(-1)] : [TimeSpan.FromSeconds(-1), TimeSpan.Zero];
        if (type == typeof(double))
            return [-1.0, double.NaN, double.PositiveInfinity];
        if (type == typeof(int))
            return MayBeLargest.Contains(setting) ? [-1] : [-1, int.MaxValue];
        Assert.Equal(typeof(long), type);
        return MayBeLargest.Contains(setting) ? [-1L] : [-1L, long.MaxValue];
    }
}
