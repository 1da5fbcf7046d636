using Akka.Configuration;

namespace Akka.Mqtt.Client.Tests;

/// <summary>The keys of the client and of its lanes, and the settings that they set.</summary>
public sealed class ClientSettingsSpec
{
    /// <summary>Settings that only code can make.</summary>
    private static readonly string[] CodeOnly =
    [
        "IsBridge", "UserName", "Password", "Will", "Tls", "Connection", "UserProperties", "OnAttempt", "AuthenticationMethod", "AuthenticationData", "OnAuthenticate",
        "DeadLetterActor", "Key", "Queue", "LocalAddress", "RequestProblemInformation", "RequestResponseInformation", "OnSending", "OnReceiving",
    ];

    /// <summary>A value of each key that is not its default and within its range.</summary>
    private static readonly Dictionary<string, string> Others = new()
    {
        ["servers"] = "[\"mqtt://other\"]",
        ["version"] = "3.1.1",
        ["client-id"] = "someone",
        ["clean-start"] = "off",
        ["session-expiry"] = "77 s",
        ["keep-alive"] = "77 s",
        ["answer-timeout"] = "77 s",
        ["first-wait"] = "7 s",
        ["longest-wait"] = "77 s",
        ["busy-wait"] = "77 s",
        ["rejected-wait"] = "77 s",
        ["stable-after"] = "77 s",
        ["max-attempts"] = "77",
        ["max-commands"] = "77",
        ["command-timeout"] = "off",
        ["max-queued-bytes"] = "3 KiB",
        ["max-queued-messages"] = "77",
        ["overflow"] = "drop-oldest",
        ["receive-maximum"] = "77",
        ["acknowledge-automatically"] = "on",
        ["max-unhandled-bytes"] = "3 KiB",
        ["topic-aliases"] = "77",
        ["max-answer-topics"] = "77",
        ["tracing"] = "on",
        ["count"] = "77",
        ["timeout"] = "off",
        ["retries"] = "77",
        ["max-waiting-bytes"] = "3 KiB",
        ["dead-letter-topic"] = "dead",
    };

    public static TheoryData<string> ClientKeys => [.. Keys(MqttClientSettings.Section).Where(key => key != "lanes")];

    public static TheoryData<string> LaneKeys => [.. Keys(MqttLanesSettings.Section)];

    public static TheoryData<string, string> OutOfRange => new()
    {
        { "servers", "[]" },
        { "servers", "[\"localhost\"]" },
        { "version", "4" },
        { "session-expiry", "1500 ms" },
        { "keep-alive", "65536 s" },
        { "answer-timeout", "0 s" },
        { "first-wait", "0 s" },
        { "longest-wait", "10 ms" },
        { "busy-wait", "-1 s" },
        { "rejected-wait", "0 s" },
        { "stable-after", "0 s" },
        { "max-attempts", "-1" },
        { "max-commands", "0" },
        { "max-commands", "60001" },
        { "command-timeout", "0 s" },
        { "max-queued-bytes", "1023" },
        { "max-queued-messages", "0" },
        { "overflow", "drop" },
        { "receive-maximum", "0" },
        { "receive-maximum", "65536" },
        { "max-unhandled-bytes", "2 GiB" },
        { "topic-aliases", "65536" },
        { "max-answer-topics", "0" },
        { "max-answer-topics", "60001" },
    };

    public static TheoryData<string, string> LanesOutOfRange => new()
    {
        { "count", "0" },
        { "count", "1025" },
        { "timeout", "0 s" },
        { "retries", "-1" },
        { "first-wait", "0 s" },
        { "longest-wait", "10 ms" },
        { "max-waiting-bytes", "1023" },
        { "dead-letter-topic", "\"a/#\"" },
    };

    [Theory]
    [MemberData(nameof(ClientKeys))]
    public void Each_key_is_read_by_the_setting_of_its_name(string key) => AssertReads(key, MqttClientSettings.Create);

    [Theory]
    [MemberData(nameof(LaneKeys))]
    public void Each_key_of_lanes_is_read_by_the_setting_of_its_name(string key) => AssertReads(key, MqttLanesSettings.Create);

    [Fact]
    public void Each_setting_has_a_key()
    {
        AssertComplete(typeof(MqttClientSettings), ClientKeys);
        AssertComplete(typeof(MqttLanesSettings), LaneKeys);
    }

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void A_value_out_of_range_is_refused_by_the_name_of_its_key(string key, string value) =>
        AssertRefused(key, value, MqttClientSettings.Create);

    [Theory]
    [MemberData(nameof(LanesOutOfRange))]
    public void A_value_of_lanes_out_of_range_is_refused_by_the_name_of_its_key(string key, string value) =>
        AssertRefused(key, value, MqttLanesSettings.Create);

    [Theory]
    [InlineData("localhost", "servers: 'localhost' is not an absolute URI such as mqtt://localhost:1883.")]
    [InlineData("", "servers: '' is not an absolute URI such as mqtt://localhost:1883.")]
    [InlineData("http://localhost", "servers: 'http' is not a scheme that can be dialled: mqtt, mqtts, ws, wss, unix, pipe or memory.")]
    public async Task A_text_that_is_no_URI_of_a_server_is_refused_with_what_one_is(string server, string said) =>
        Assert.Equal(said, (await Assert.ThrowsAsync<ConfigurationException>(() => MqttClient.ConnectAsync(server))).Message);

    private static void AssertReads<T>(string key, Func<Config?, T> create)
    {
        Assert.True(Others.TryGetValue(key, out var other), $"This test does not know the key {key}.");
        var defaults = create(null);

        var changed = create(ConfigurationFactory.ParseString($"{key} = {other}"));
        Assert.Equal(
            [Pascal(key)],
            typeof(T).GetProperties().Where(property => !Equals(property.GetValue(defaults), property.GetValue(changed))).Select(property => property.Name));
    }

    private static void AssertComplete(Type settings, IEnumerable<object[]> keys) => Assert.Equal(
        settings.GetProperties().Select(property => property.Name).Except(CodeOnly).Order(StringComparer.Ordinal),
        keys.Select(row => Pascal((string)row[0])).Order(StringComparer.Ordinal));

    private static void AssertRefused<T>(string key, string value, Func<Config?, T> create)
    {
        var failure = Assert.ThrowsAny<ConfigurationException>(() => create(ConfigurationFactory.ParseString($"{key} = {value}")));
        Assert.Contains(key, failure.Message, StringComparison.Ordinal);
    }

    private static List<string> Keys(string section) =>
        MqttExt.DefaultConfig().GetConfig(section).Root.GetObject().Items.Keys.ToList();

    private static string Pascal(string key) => string.Concat(key.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
}
