using System.Text.RegularExpressions;
using Akka.Configuration;

namespace Akka.Mqtt.Api.Tests;

/// <summary>The reference configuration and the settings say the same: each key is read and explained, each setting has a key.</summary>
public sealed partial class HoconSpec
{
    private const string Reference = "hocon/akka.mqtt.reference.conf";

    /// <summary>A value of each key that is not its default and within its range.</summary>
    private static readonly Dictionary<string, string> Others = new()
    {
        ["max-packet-size"] = "3 KiB",
        ["max-connect-packet-size"] = "3 KiB",
        ["max-user-properties"] = "77",
        ["max-subscriptions-per-packet"] = "77",
        ["dial-timeout"] = "77 s",
        ["handshake-timeout"] = "77 s",
        ["register-timeout"] = "77 s",
        ["connect-timeout"] = "off",
        ["close-timeout"] = "77 s",
        ["write-timeout"] = "off",
        ["keep-alive-factor"] = "7.5",
        ["max-queued-write-bytes"] = "3 KiB",
        ["write-chunk-size"] = "3 KiB",
        ["read-chunk-size"] = "3 KiB",
        ["max-queued-read-bytes"] = "3 KiB",
        ["max-unhandled-bytes"] = "3 KiB",
        ["max-unhandled-packets"] = "77",
        ["dispatcher"] = "other-dispatcher",
        ["tcp-engine"] = "socket",
    };

    public static TheoryData<string> Keys => new(ReadKeys());

    public static TheoryData<string, string> OutOfRange => new()
    {
        { "max-packet-size", "1" },
        { "max-packet-size", "257 MiB" },
        { "max-packet-size", "much" },
        { "max-connect-packet-size", "0" },
        { "max-user-properties", "-1" },
        { "max-subscriptions-per-packet", "0" },
        { "max-subscriptions-per-packet", "1000001" },
        { "dial-timeout", "0 s" },
        { "handshake-timeout", "0 s" },
        { "register-timeout", "-1 s" },
        { "connect-timeout", "0 s" },
        { "connect-timeout", "soon" },
        { "close-timeout", "0 s" },
        { "write-timeout", "0 s" },
        { "keep-alive-factor", "-1" },
        { "keep-alive-factor", "1001" },
        { "keep-alive-factor", "NaN" },
        { "keep-alive-factor", "some" },
        { "max-queued-write-bytes", "1023" },
        { "write-chunk-size", "2 MiB" },
        { "read-chunk-size", "511" },
        { "max-queued-read-bytes", "2 GiB" },
        { "max-unhandled-bytes", "-1" },
        { "max-unhandled-packets", "0" },
        { "max-unhandled-packets", "1000001" },
        { "max-unhandled-packets", "few" },
        { "tcp-engine", "steam" },
    };

    [Theory]
    [MemberData(nameof(Keys))]
    public void Each_key_is_read_by_the_setting_of_its_name(string key)
    {
        Assert.True(Others.TryGetValue(key, out var other), $"This test does not know the key {key}.");
        var defaults = MqttConnectionSettings.Create((Config?)null);
        var changed = MqttConnectionSettings.Create(ConfigurationFactory.ParseString($"{key} = \"{other}\""));
        var different = typeof(MqttConnectionSettings).GetProperties()
            .Where(property => !Equals(property.GetValue(defaults), property.GetValue(changed))).Select(property => property.Name);
        Assert.Equal([Pascal(key)], different);
    }

    [Fact]
    public void Each_setting_has_a_key() => Assert.Equal(
        typeof(MqttConnectionSettings).GetProperties().Select(property => property.Name).Order(StringComparer.Ordinal),
        ReadKeys().Select(Pascal).Order(StringComparer.Ordinal));

    [Fact]
    public void Each_key_has_a_comment_above()
    {
        foreach (var file in Repository.Files("hocon", "*.reference.conf"))
        {
            var lines = Repository.Read(file).Split('\n');
            var bare = lines.Index().Where(line => KeyLine().IsMatch(line.Item) && (line.Index == 0 || !lines[line.Index - 1].TrimStart().StartsWith('#')))
                .Select(line => $"{Repository.Name(file)}:{line.Index + 1}: {line.Item.Trim()}");
            Assert.Empty(bare);
        }
    }

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void A_value_out_of_range_is_refused_by_the_name_of_its_key(string key, string value)
    {
        var failure = Assert.ThrowsAny<ConfigurationException>(
            () => MqttConnectionSettings.Create(ConfigurationFactory.ParseString($"{key} = \"{value}\"")));
        Assert.Contains(key, failure.Message, StringComparison.Ordinal);
    }

    /// <summary>Those of the connection; behind them come those of the dispatcher, which Akka reads.</summary>
    private static IEnumerable<string> ReadKeys() =>
        KeyLine().Matches(Repository.Read(Path.Combine(Repository.Root, Reference)).Split("  dispatcher {")[0]).Select(match => match.Groups["key"].Value);

    private static string Pascal(string key) => string.Concat(key.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    [GeneratedRegex(@"^ +(?<key>[a-z0-9-]+) *=.*$", RegexOptions.Multiline)]
    private static partial Regex KeyLine();
}
