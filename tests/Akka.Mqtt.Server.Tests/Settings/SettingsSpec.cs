using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace Akka.Mqtt.Server.Tests;

/// <summary>The reference configuration and the settings know each other.</summary>
public partial class SettingsSpec
{
    // Read where they are used, or not by these settings: maps whose keys are the user's, and the section that overrides the connection's.
    private static readonly string[] NotSettings = ["listeners", "bridges", "connection"];

    private const string Bridge = "bridges.b { client.servers = [\"mqtt://far.example\"], topics = [{ filter = a }] }";

    private static readonly string Reference = ReadReference();

    [Fact]
    public void Every_key_of_the_reference_has_a_comment_above_it()
    {
        var bare = new List<string>();
        var lines = Reference.Split('\n');
        for (var at = 1; at < lines.Length; at++)
        {
            if (Key().Match(lines[at]) is not { Success: true } match || match.Groups["key"].Value is "akka.mqtt" or "server" or "tcp" or "transport")
                continue;
            // Keys that belong together may stand under one comment.
            if (!lines[at - 1].TrimStart().StartsWith('#') && !Key().IsMatch(lines[at - 1]))
                bare.Add(match.Groups["key"].Value);
        }
        Assert.Empty(bare);
    }

    [Fact]
    public void Every_key_of_the_reference_is_read_by_a_setting()
    {
        var defaults = Shown(Create(""));
        var unread = new List<string>();
        foreach (var (path, value) in Leaves())
        {
            if (!Others(value).Any(other => IsRead(path, other, defaults)))
                unread.Add($"{path} = {value}");
        }
        Assert.Empty(unread);
    }

    [Theory]
    [InlineData("max-connections = 0", "max-connections")]
    [InlineData("max-connect-rate = 0", "max-connect-rate")]
    [InlineData("max-connect-burst = 0", "max-connect-burst")]
    [InlineData("max-connect-rate-share = 0", "max-connect-rate-share")]
    [InlineData("max-pending-connections = 0", "max-pending-connections")]
    [InlineData("logins.max-concurrent = 0", "logins.max-concurrent")]
    [InlineData("logins.max-waiting = -1", "logins.max-waiting")]
    [InlineData("logins.max-waiting-bytes = 1 B", "logins.max-waiting-bytes")]
    [InlineData("sessions-by-user = perhaps", "sessions-by-user")]
    [InlineData("flapping.max-connects = 0", "flapping.max-connects")]
    [InlineData("flapping.window = 0s", "flapping.window")]
    [InlineData("flapping.ban = 0s", "flapping.ban")]
    [InlineData("flapping.max-clients = 0", "flapping.max-clients")]
    [InlineData("memory.limit = 1 B", "memory.limit")]
    [InlineData("memory.check-interval = 0s", "memory.check-interval")]
    [InlineData("memory.shares.queued = 0", "memory.shares.queued")]
    [InlineData("memory.shares.pre-authentication = 2", "memory.shares.pre-authentication")]
    [InlineData("memory.refuse-connects-at = 1.5", "memory.refuse-connects-at")]
    [InlineData("memory.drop-qos0-at = 0", "memory.drop-qos0-at")]
    [InlineData("memory.disconnect-at = 2", "memory.disconnect-at")]
    [InlineData("max-topic-length = 65536", "max-topic-length")]
    [InlineData("max-topic-levels = 1001", "max-topic-levels")]
    [InlineData("server-keep-alive = 500ms", "server-keep-alive")]
    [InlineData("max-keep-alive = 70000 s", "max-keep-alive")]
    [InlineData("max-inflight-messages = 0", "max-inflight-messages")]
    [InlineData("max-inflight-bytes = 1 B", "max-inflight-bytes")]
    [InlineData("receive-maximum = 70000", "receive-maximum")]
    [InlineData("topic-alias-maximum = 70000", "topic-alias-maximum")]
    [InlineData("max-queued-messages = -1", "max-queued-messages")]
    [InlineData("max-queued-bytes = 1 B", "max-queued-bytes")]
    [InlineData("queue-overflow = perhaps", "queue-overflow")]
    [InlineData("slow-consumer.limit = 0", "slow-consumer.limit")]
    [InlineData("slow-consumer.timeout = 0s", "slow-consumer.timeout")]
    [InlineData("publish-rate.max-messages = 0", "publish-rate.max-messages")]
    [InlineData("publish-rate.max-bytes = 0", "publish-rate.max-bytes")]
    [InlineData("publish-rate.action = perhaps", "publish-rate.action")]
    [InlineData("max-outstanding-bytes = 1 B", "max-outstanding-bytes")]
    [InlineData("max-unhandled-messages = 0", "max-unhandled-messages")]
    [InlineData("max-subscriptions = 0", "max-subscriptions")]
    [InlineData("max-retained-messages = -1", "max-retained-messages")]
    [InlineData("max-retained-bytes = 1 B", "max-retained-bytes")]
    [InlineData("allow-empty-client-id = perhaps", "allow-empty-client-id")]
    [InlineData("retain-available = perhaps", "retain-available")]
    [InlineData("wildcard-subscriptions-available = perhaps", "wildcard-subscriptions-available")]
    [InlineData("shared-subscriptions-available = perhaps", "shared-subscriptions-available")]
    [InlineData("subscription-identifiers-available = perhaps", "subscription-identifiers-available")]
    [InlineData("max-qos = 3", "max-qos")]
    [InlineData("upgrade-outgoing-qos = perhaps", "upgrade-outgoing-qos")]
    [InlineData("check-retain-source = perhaps", "check-retain-source")]
    [InlineData("durability.default = disk", "durability.default")]
    [InlineData("durability.rules = memory", "durability.rules")]
    [InlineData("durability.rules = [{ client = a, class = disk }]", "durability.rules[0].class")]
    [InlineData("durability.rules = [{ client = a, class = memory }, { client = a }]", "durability.rules[1]")]
    [InlineData("durability.rules = [{ class = memory }]", "durability.rules[0]")]
    [InlineData("durability.rules = [{ client = \"\", class = memory }]", "durability.rules[0].client")]
    [InlineData("durability.rules = [{ user = a, class = memory }]", "durability.rules[0].user")]
    [InlineData("durability.rules = [{ listener = tls, class = memory }]", "durability.rules[0].listener")]
    [InlineData("durability.rules = [{ topic = \"a#\", class = memory }]", "durability.rules[0].topic")]
    [InlineData("durability.rules = [{ topic = \"$share/g/a\", class = memory }]", "durability.rules[0].topic")]
    [InlineData("durability.rules = [{ topic = a, listener = tcp, class = memory }]", "durability.rules[0] names topic and listener")]
    [InlineData("durability.max-pending-bytes = 1 B", "durability.max-pending-bytes")]
    [InlineData("sys-interval = 0s", "sys-interval")]
    [InlineData("drop-report-interval = 0s", "drop-report-interval")]
    [InlineData("last-packets = 2000", "last-packets")]
    [InlineData("drain-timeout = 0s", "drain-timeout")]
    [InlineData("connection.max-packet-size = 1 B", "max-packet-size")]
    [InlineData("listeners.tcp.mount-point = \"a/#\"", "listeners.tcp.mount-point")]
    [InlineData("listeners.tcp.backlog = 0", "backlog")]
    [InlineData("listeners.tcp.port = 65536", "listeners.tcp.port")]
    [InlineData("listeners.tcp.host = nowhere", "listeners.tcp.host")]
    [InlineData("listeners.tcp.cert-file = server.pem", "listeners.tcp.cert-file")]
    [InlineData("listeners.tcp.enabled = perhaps", "enabled")]
    [InlineData("listeners.tcp.require-certificate = perhaps", "require-certificate")]
    [InlineData("shared-subscriptions-before-5 = perhaps", "shared-subscriptions-before-5")]
    [InlineData("max-inflight-bytes = lots", "max-inflight-bytes")]
    [InlineData("max-queued-bytes = lots", "max-queued-bytes")]
    [InlineData("max-retained-bytes = lots", "max-retained-bytes")]
    public void A_value_out_of_its_range_is_an_error_that_names_the_key(string config, string key)
    {
        var error = Assert.ThrowsAny<ConfigurationException>(() => Create(config));
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1:1883", null)]
    [InlineData("0.0.0.0", "0.0.0.0:1883", null)]
    [InlineData("::1", "[::1]:1883", null)]
    [InlineData("localhost", "127.0.0.1:1883", "[::1]:1883")]
    [InlineData("*", "0.0.0.0:1883", "[::]:1883")]
    [InlineData("::", "[::]:1883", "0.0.0.0:1883")]
    [InlineData("ipv6", "[::]:1883", null)]
    public void A_host_is_one_address_or_one_of_each_protocol(string host, string address, string? second)
    {
        var listener = Assert.Single(Create($"listeners.tcp.host = \"{host}\"").Listeners);
        Assert.Equal((address, second), ($"{listener.Address}", listener.SecondAddress?.ToString()));
    }

    [Fact]
    public void A_certificate_for_all_listeners_leaves_those_without_TLS_as_they_are() =>
        Assert.False(Assert.Single(Create("listener-defaults.cert-file = server.pem").Listeners).IsSecure);

    [Theory]
    [InlineData("max-connect-rate")]
    [InlineData("flapping.max-connects")]
    [InlineData("memory.limit")]
    [InlineData("memory.refuse-connects-at")]
    [InlineData("memory.drop-qos0-at")]
    [InlineData("memory.disconnect-at")]
    [InlineData("max-session-expiry")]
    [InlineData("max-keep-alive")]
    [InlineData("slow-consumer.timeout")]
    [InlineData("delivery-timeout")]
    [InlineData("publish-rate.max-messages")]
    [InlineData("publish-rate.max-bytes")]
    [InlineData("sys-interval")]
    public void What_may_be_off_may_be_off(string key) => Create($"{key} = off");

    public static TheoryData<string> Cultures => new(OtherCulture.Names);

    [Theory]
    [MemberData(nameof(Cultures))]
    public void Settings_and_what_is_wrong_with_them_do_not_depend_on_the_culture(string culture)
    {
        var (here, invariant) = OtherCulture.Both(culture, () => Create("memory.shares.queued = 0.125, slow-consumer.limit = 0.25"));
        Assert.Equal(Shown(invariant), Shown(here));
        foreach (var (path, _) in Leaves())
        {
            var (wrong, expected) = OtherCulture.Both(culture, () => Record.Exception(() => Create($"{path} = -1.5"))?.Message);
            Assert.Equal(expected, wrong);
        }
        var memory = Create("").Limits.Memory;
        var (share, same) = OtherCulture.Both(culture, () => Record.Exception(() => memory with { Queued = -1.5 })?.Message);
        Assert.Equal(same, share);
        Assert.NotNull(share);
    }

    private static MqttServerSettings Create(string config) =>
        MqttServerSettings.Create(ConfigurationFactory.ParseString($"akka.mqtt.server {{ {Bridge}\n {config} }}"));

    private static bool IsRead(string path, string value, string defaults)
    {
        try
        {
            return Shown(Create($"{path} = {value}")) != defaults;
        }
        catch (ConfigurationException)
        {
            return true; // who refuses a value has read it
        }
        catch (FormatException)
        {
            return true;
        }
    }

    /// <summary>Values of the same kind that are not this one.</summary>
    private static IEnumerable<string> Others(string value) =>
        double.TryParse(value, CultureInfo.InvariantCulture, out var number) ? [$"{(number > 1 ? number - 1 : number / 2 + 1).ToString(CultureInfo.InvariantCulture)}"]
        : value is "on" or "off" ? [value == "on" ? "off" : "on", "10", "10 s"]
        : ["nonsense", "[\"nonsense\"]"];

    private static IEnumerable<(string Path, string Value)> Leaves()
    {
        var root = ConfigurationFactory.ParseString(Reference).GetConfig("akka.mqtt.server").Root;
        return Walk("", root).Where(leaf => !NotSettings.Contains(leaf.Path.Split('.')[0])).Select(leaf =>
            leaf.Path.StartsWith("listener-defaults.", StringComparison.Ordinal)
                ? (leaf.Path.Replace("listener-defaults.", "listeners.tcp.", StringComparison.Ordinal), leaf.Value)
                : (leaf.Path.Replace("bridge-defaults.", "bridges.b.", StringComparison.Ordinal), leaf.Value));
    }

    private static IEnumerable<(string Path, string Value)> Walk(string path, HoconValue value)
    {
        if (!value.IsObject())
        {
            yield return (path, value.IsArray() ? "" : value.GetString());
            yield break;
        }
        foreach (var (key, child) in value.GetObject().Items)
        {
            foreach (var leaf in Walk(path.Length == 0 ? key : $"{path}.{key}", child))
                yield return leaf;
        }
    }

    /// <summary>Everything that settings say, their parts included.</summary>
    private static string Shown(object? value) => value switch
    {
        null => "null",
        string text => text,
        System.Collections.IEnumerable many => $"[{string.Join(", ", many.Cast<object>().Select(Shown))}]",
        _ when (value is MqttClientSettings || value.GetType().Assembly == typeof(MqttServer).Assembly) && !value.GetType().IsEnum =>
            string.Join("; ", value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(each => $"{each.Name}={Shown(each.GetValue(value))}")),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
    };

    private static string ReadReference()
    {
        using var stream = typeof(MqttServer).Assembly.GetManifestResourceStream("akka.mqtt.server.reference.conf")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"^ *(?<key>[\w.-]+) *(=|\{)")]
    private static partial Regex Key();
}
