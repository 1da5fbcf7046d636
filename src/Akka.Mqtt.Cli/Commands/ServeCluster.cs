using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using Akka.Configuration;
using Akka.Mqtt.Cluster;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cli.Commands;

/// <summary>The cluster of <c>akka-mqtt serve</c>. Its assemblies are loaded only when it is used.</summary>
internal static class ServeCluster
{
    /// <summary>Whether a seed is written as host and port.</summary>
    public static bool IsSeed(string text) => TrySplit(text, out _, out _);

    /// <summary>What the options ask for, for the configuration of the actor system.</summary>
    /// <param name="options">The options.</param>
    /// <returns>The configuration; empty when the server is to be alone.</returns>
    /// <exception cref="CommandFailure">The options contradict each other.</exception>
    public static Config ConfigOf(ServeOptions options)
    {
        if (options.ClusterPort is not { } port)
        {
            if (options.Seeds.Count > 0)
                throw new CommandFailure("--seed needs --cluster-port.");
            return options.ClusterHost is null ? Config.Empty : throw new CommandFailure("--cluster-host needs --cluster-port.");
        }
        if (port == 0 && options.Seeds.Count == 0)
            throw new CommandFailure("--cluster-port 0 needs --seed: the first node of a cluster has a port that others know.");
        var host = options.ClusterHost ?? "127.0.0.1";
        var seeds = options.Seeds.Count > 0
            ? options.Seeds.Select(each => TrySplit(each, out var name, out var number) ? AddressOf(name, number) : throw new CommandFailure($"--seed {each} is not HOST:PORT."))
            : [AddressOf(host, port)];
        return ConfigurationFactory.ParseString(string.Create(CultureInfo.InvariantCulture, $$"""
            akka {
              actor.provider = cluster
              remote.dot-netty.tcp { hostname = "{{host}}", port = {{port}} }
              cluster {
                seed-nodes = [{{string.Join(", ", seeds.Select(each => $"\"{each}\""))}}]
                downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster"
              }
            }
            """)).WithFallback(Reference());
    }

    /// <summary>Joins the server with those of other nodes; null when it is to be alone.</summary>
    public static MqttServerCluster? Of(ServeOptions options) => options.ClusterPort is null ? null : Cluster();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Config Reference() => MqttCluster.DefaultConfig();

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
        return host.Length > 0 && (Uri.CheckHostName(host) != UriHostNameType.Unknown || IPAddress.TryParse(host, out _))
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= ushort.MaxValue;
    }
}
