using System.Net;
using Akka.Configuration;
using Akka.Mqtt.Transport;
using Xunit;

namespace Akka.Mqtt.Tests.Settings;

/// <summary>What is read and what is said does not depend on the culture of the thread.</summary>
public class CultureSpec
{
    public static TheoryData<string> Cultures => new(OtherCulture.Names);

    private static Config Reference => MqttExt.DefaultConfig().GetConfig(MqttConnectionSettings.Section);

    [Theory]
    [MemberData(nameof(Cultures))]
    public void Settings_are_read_in_the_same_way(string culture)
    {
        var config = ConfigurationFactory.ParseString("keep-alive-factor = 1.25, close-timeout = 2.5s").WithFallback(Reference);
        var (here, invariant) = OtherCulture.Both(culture, () => MqttConnectionSettings.Create(config));
        Assert.Equal(invariant, here);
        Assert.Equal(1.25, here.KeepAliveFactor);
    }

    [Theory]
    [MemberData(nameof(Cultures))]
    public void What_is_wrong_with_a_setting_is_said_in_the_same_words(string culture)
    {
        foreach (var (key, _) in Reference.AsEnumerable())
        {
            var (here, invariant) = OtherCulture.Both(culture, () => Failure(() => MqttConnectionSettings.Create(
                ConfigurationFactory.ParseString($"{key} = -1.5").WithFallback(Reference))));
            Assert.Equal(invariant, here);
        }
        var settings = MqttConnectionSettings.Create(Reference);
        foreach (var change in (Func<object>[])[
            () => settings with { KeepAliveFactor = -1.5 },
            () => settings with { MaxUserProperties = -5 },
            () => settings with { MaxQueuedWriteBytes = -5 },
            () => settings with { CloseTimeout = TimeSpan.FromSeconds(-1.5) }])
        {
            var (here, invariant) = OtherCulture.Both(culture, () => Failure(change));
            Assert.Equal(invariant, here);
            Assert.NotEqual("", here);
        }
    }

    [Theory]
    [MemberData(nameof(Cultures))]
    public void A_time_limit_is_said_in_the_same_words(string culture)
    {
        var (here, invariant) = OtherCulture.Both(culture, () => TransportException.TookTooLong(
            new DnsEndPoint("host", 1883), TimeSpan.FromSeconds(0.5), new TimeoutException()).Message);
        Assert.Equal(invariant, here);
        Assert.Contains("0.5 s", here, StringComparison.Ordinal);
    }

    private static string Failure(Func<object> code)
    {
        var thrown = Record.Exception(() => code());
        return thrown is null ? "" : $"{thrown.GetType().Name}: {thrown.Message}";
    }
}
