using System.Globalization;
using System.Runtime.CompilerServices;
using Akka.Configuration;
using Akka.Mqtt.Cluster;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cli.Commands;

/// <summary>The cluster of <c>akka-mqtt serve</c>. Its assemblies are loaded only when it is used.</summary>
internal static class ServeCluster
{
    private const string HostPath = "akka.remote.dot-netty.tcp.hostname";
    private const string SeedsPath = "akka.cluster.seed-nodes";

    /// <summary>The section of the settings.</summary>
    public const string Section = "akka.mqtt.cluster";

    // What a file may change.
    private const string Defaults = $"""
        {HostPath} = "127.0.0.1"
        akka.cluster.downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster"
        """;

    /// <summary>Whether a host is written as a name or an address.</summary>
    public static bool IsHost(string text) => Uri.CheckHostName(text) != UriHostNameType.Unknown;

    /// <summary>Whether a seed is written as host and port.</summary>
    public static bool IsSeed(string text) => TrySplit(text, out _, out _);

    /// <summary>Adds what the options ask for to the configuration of the actor system.</summary>
    /// <param name="options">The options.</param>
    /// <param name="config">The configuration: that of the file and all that is below it.</param>
    /// <returns>The options over the configuration over the defaults; the same when the server is to be alone.</returns>
    /// <exception cref="CommandFailure">The options contradict each other.</exception>
    public static Config AddTo(ServeOptions options, Config config)
    {
        if (options.ClusterPort is not { } port)
        {
            if (options.Seeds.Count > 0)
                throw new CommandFailure("--seed needs --cluster-port.");
            return options.ClusterHost is null ? config : throw new CommandFailure("--cluster-host needs --cluster-port.");
        }
        config = config.WithFallback(ConfigurationFactory.ParseString(Defaults));
        var host = options.ClusterHost ?? config.GetString(HostPath);
        var seeds = options.Seeds.Select(each => TrySplit(each, out var name, out var number) ? AddressOf(name, number) : "").ToList();
        if (seeds.Count == 0 && !config.HasPath(SeedsPath))
        {
            if (port == 0)
                throw new CommandFailure("--cluster-port 0 needs --seed: the first node of a cluster has a port that others know.");
            seeds.Add(AddressOf(host, port));
        }
        var asked = string.Create(CultureInfo.InvariantCulture, $$"""
            akka.actor.provider = cluster
            {{HostPath}} = "{{host}}"
            akka.remote.dot-netty.tcp.port = {{port}}
            """);
        if (seeds.Count > 0)
            asked += $"\n{SeedsPath} = [{string.Join(", ", seeds.Select(each => $"\"{each}\""))}]";
        return ConfigurationFactory.ParseString(asked).WithFallback(config);
    }

    /// <summary>The reference of the settings.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Config Reference() => MqttCluster.DefaultConfig();

    /// <summary>Joins the server with those of other nodes; null when it is to be alone.</summary>
    public static MqttServerCluster? Of(ServeOptions options) => options.ClusterPort is null ? null : Cluster();

#pragma warning disable CA1859 // The type of a result is loaded with the method that calls: name none of a cluster.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static MqttServerCluster Cluster() => new MqttCluster();

    private static string AddressOf(string host, int port) => string.Create(
        CultureInfo.InvariantCulture, $"akka.tcp://{ServeOptions.SystemName}@{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}");

    private static bool TrySplit(string text, out string host, out int port)
    {
        var colon = text.LastIndexOf(':');
        host = colon < 0 ? "" : text[..colon].Trim('[', ']');
        port = 0;
        return IsHost(host) && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= ushort.MaxValue;
    }
}
