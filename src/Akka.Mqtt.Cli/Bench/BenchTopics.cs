using System.Globalization;

namespace Akka.Mqtt.Cli.Bench;

/// <summary>The names of topics, filters and clients.</summary>
internal static class BenchTopics
{
    /// <summary>The topics that a publisher uses in turn.</summary>
    public static string[] Of(BenchOptions options, int publisher)
    {
        var first = options.Mode == BenchMode.Fanout ? $"{options.Prefix}/all" : string.Create(CultureInfo.InvariantCulture, $"{options.Prefix}/{publisher}");
        if (options.Topics == 1)
            return [options.Mode == BenchMode.Fanout ? first : $"{first}/v"];
        var topics = new string[options.Topics];
        for (var i = 0; i < topics.Length; i++)
            topics[i] = string.Create(CultureInfo.InvariantCulture, $"{first}/{i}");
        return topics;
    }

    /// <summary>What a subscriber subscribes to.</summary>
    public static string Filter(BenchOptions options, int subscriber)
    {
        var filter = options.Mode switch
        {
            BenchMode.Fanout => $"{options.Prefix}/all",
            BenchMode.Fanin => $"{options.Prefix}/+",
            _ => string.Create(CultureInfo.InvariantCulture, $"{options.Prefix}/{subscriber}"),
        };
        if (options.Topics > 1)
            filter += "/+";
        else if (options.Mode != BenchMode.Fanout)
            filter += "/v";
        return options.Share ? $"$share/{options.Prefix.Replace('/', '-')}/{filter}" : filter;
    }

    /// <summary>A filter of a background subscriber, without publishers.</summary>
    public static string Background(BenchOptions options, int index) =>
        string.Create(CultureInfo.InvariantCulture, $"{options.Prefix}-background/{index}/+");
}
