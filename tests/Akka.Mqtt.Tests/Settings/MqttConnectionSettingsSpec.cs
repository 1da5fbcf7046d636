using System.Globalization;
using System.Net;
using Akka.Configuration;
using Xunit;

namespace Akka.Mqtt.Tests.Settings;

/// <summary>Settings are checked however they are made, and the message names the key.</summary>
public sealed class MqttConnectionSettingsSpec
{
    private static readonly MqttConnectionSettings Defaults = MqttConnectionSettings.Create((Config?)null);

    public static TheoryData<string, string> OutOfRange => new()
    {
        { "max-packet-size", "1" },
        { "max-connect-packet-size", "1" },
        { "dial-timeout", "0s" },
        { "handshake-timeout", "0s" },
        { "register-timeout", "0s" },
        { "connect-timeout", "0s" },
        { "close-timeout", "0s" },
        { "write-timeout", "0s" },
        { "keep-alive-factor", "-1" },
        { "max-queued-write-bytes", "1" },
        { "write-chunk-size", "1" },
        { "read-chunk-size", "1" },
        { "max-queued-read-bytes", "1" },
        { "max-unhandled-bytes", "1" },
        { "max-unhandled-packets", "0" },
    };

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void A_value_that_is_out_of_its_range_is_refused_in_HOCON_and_in_code_with_its_key(string key, string value)
    {
        var read = Assert.Throws<ConfigurationException>(() => MqttConnectionSettings.Create(ConfigurationFactory.ParseString($"{key} = {value}")));
        Assert.Contains(key, read.Message, StringComparison.Ordinal);
        var set = Assert.Throws<ConfigurationException>(() => Set(key));
        Assert.Contains(key, set.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Messages_do_not_depend_on_the_culture()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            culture.NumberFormat.NumberDecimalSeparator = ",";
            culture.NumberFormat.NegativeSign = "minus ";
            CultureInfo.CurrentCulture = culture;
            var message = Assert.Throws<ConfigurationException>(() => Defaults with { KeepAliveFactor = -1.5 }).Message;
            Assert.Contains("keep-alive-factor = -1.5 ", message, StringComparison.Ordinal);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Commands_refuse_null_by_name_and_numbers_that_make_no_sense()
    {
        var bind = new Mqtt.Bind(Akka.Actor.ActorRefs.Nobody, new IPEndPoint(IPAddress.Loopback, 0));
        Assert.Equal("LocalAddress", Assert.Throws<ArgumentNullException>(() => bind with { LocalAddress = null! }).ParamName);
        Assert.Equal("Handler", Assert.Throws<ArgumentNullException>(() => bind with { Handler = null! }).ParamName);
        Assert.Contains("Backlog", Assert.Throws<ArgumentOutOfRangeException>(() => bind with { Backlog = 0 }).Message, StringComparison.Ordinal);
        var connect = new Mqtt.Connect("localhost", 1883);
        Assert.Equal("RemoteAddress", Assert.Throws<ArgumentNullException>(() => connect with { RemoteAddress = null! }).ParamName);
        var timeout = Assert.Throws<ArgumentOutOfRangeException>(() => connect with { Timeout = TimeSpan.Zero });
        Assert.Contains("Timeout", timeout.Message, StringComparison.Ordinal);
    }

    private static MqttConnectionSettings Set(string key) => key switch
    {
        "max-packet-size" => Defaults with { MaxPacketSize = 1 },
        "max-connect-packet-size" => Defaults with { MaxConnectPacketSize = 1 },
        "dial-timeout" => Defaults with { DialTimeout = TimeSpan.Zero },
        "handshake-timeout" => Defaults with { HandshakeTimeout = TimeSpan.Zero },
        "register-timeout" => Defaults with { RegisterTimeout = TimeSpan.FromDays(100) },
        "connect-timeout" => Defaults with { ConnectTimeout = TimeSpan.Zero },
        "close-timeout" => Defaults with { CloseTimeout = -TimeSpan.FromSeconds(1) },
        "write-timeout" => Defaults with { WriteTimeout = TimeSpan.Zero },
        "keep-alive-factor" => Defaults with { KeepAliveFactor = double.NaN },
        "max-queued-write-bytes" => Defaults with { MaxQueuedWriteBytes = -5 },
        "write-chunk-size" => Defaults with { WriteChunkSize = 0 },
        "read-chunk-size" => Defaults with { ReadChunkSize = 0 },
        "max-queued-read-bytes" => Defaults with { MaxQueuedReadBytes = 0 },
        "max-unhandled-bytes" => Defaults with { MaxUnhandledBytes = 0 },
        _ => Defaults with { MaxUnhandledPackets = 0 },
    };
}
