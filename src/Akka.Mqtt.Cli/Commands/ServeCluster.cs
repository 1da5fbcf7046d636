using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Actor.Setup;
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

    // Settings that a file may change. 10 s suit clusters of up to about 10 nodes; the 20 s of Akka suit up to 100.
    private const string Defaults = $"""
        {HostPath} = "127.0.0.1"
        akka.cluster.downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster"
        akka.cluster.split-brain-resolver.stable-after = 10s
        """;

    /// <summary>Whether a host is written as a name or an address.</summary>
    public static bool IsHost(string text) => Uri.CheckHostName(text) != UriHostNameType.Unknown;

    /// <summary>Whether a seed is written as host and port.</summary>
    public static bool IsSeed(string text) => TrySplit(text, out _, out _);

    /// <summary>Adds the cluster options to the configuration of the actor system.</summary>
    /// <param name="options">The options.</param>
    /// <param name="config">The configuration: that of the file and all that is below it.</param>
    /// <returns>The options over the configuration over the defaults; unchanged without cluster options.</returns>
    /// <exception cref="CommandFailure">The options contradict each other.</exception>
    public static Config AddTo(ServeOptions options, Config config)
    {
        if (options.ClusterPort is not { } port)
        {
            if (options.Seeds.Count > 0)
                throw new CommandFailure("--seed needs --cluster-port.");
            if ((options.ClusterCertificate ?? options.ClusterKey ?? options.ClusterAuthority) is not null)
                throw new CommandFailure("--cluster-cert, --cluster-key and --cluster-ca need --cluster-port.");
            return options.ClusterHost is null ? config : throw new CommandFailure("--cluster-host needs --cluster-port.");
        }
        var tls = new[] { options.ClusterCertificate, options.ClusterKey, options.ClusterAuthority }.Count(static each => each is not null);
        if (tls is 1 or 2)
            throw new CommandFailure("--cluster-cert, --cluster-key and --cluster-ca belong together.");
        config = config.WithFallback(ConfigurationFactory.ParseString(Defaults));
        var host = options.ClusterHost ?? config.GetString(HostPath);
        var isTls = tls > 0 || config.GetBoolean("akka.remote.dot-netty.tcp.enable-ssl", false);
        var hasNames = Names(options, host) is not null;
        var seeds = hasNames ? [] : options.Seeds.Select(each => TrySplit(each, out var name, out var number) ? AddressOf(isTls, name, number) : "").ToList();
        if (seeds.Count == 0 && !hasNames && !config.HasPath(SeedsPath))
        {
            if (port == 0)
                throw new CommandFailure("--cluster-port 0 needs --seed: the first node of a cluster has a port that others know.");
            seeds.Add(AddressOf(isTls, host, port));
        }
        var asked = string.Create(CultureInfo.InvariantCulture, $$"""
            akka.actor.provider = cluster
            {{HostPath}} = "{{host}}"
            {{(tls > 0 ? "akka.remote.dot-netty.tcp.enable-ssl = on" : "")}}
            akka.remote.dot-netty.tcp.port = {{port}}
            """);
        if (seeds.Count > 0 || hasNames)
            asked += $"\n{SeedsPath} = [{string.Join(", ", seeds.Select(each => $"\"{each}\""))}]";
        return ConfigurationFactory.ParseString(asked).WithFallback(config);
    }

    /// <summary>Joins the cluster with seeds that are DNS names; completes at once without such seeds.</summary>
    /// <param name="options">The options.</param>
    /// <param name="system">The actor system.</param>
    /// <param name="cancellation">Cancels it.</param>
    public static Task JoinAsync(ServeOptions options, ActorSystem system, CancellationToken cancellation) =>
        options.ClusterPort is not null && Names(options, system.Settings.Config.GetString(HostPath)) is { } names ? names.JoinAsync(system, cancellation) : Task.CompletedTask;

    /// <summary>
    /// The seeds that are names, if this node is reached by an address. Then the other nodes are too, so each address of a name is a seed. If this node is
    /// reached by a name, its seeds are names, which Akka.Remote resolves.
    /// </summary>
    private static SeedNames? Names(ServeOptions options, string host)
    {
        if (!IPAddress.TryParse(host, out _))
            return null;
        var seeds = options.Seeds.Select(static each => TrySplit(each, out var name, out var number) ? (Host: name, Port: number) : default).ToList();
        return seeds.Exists(static each => !IPAddress.TryParse(each.Host, out _)) ? new SeedNames(seeds) : null;
    }

    /// <summary>Adds TLS between nodes.</summary>
    /// <exception cref="CommandFailure">A file cannot be read, or contains something else.</exception>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ActorSystemSetup WithTls(BootstrapSetup setup, ServeOptions options)
    {
        try
        {
            return setup.And(NodeTls.FromPemFiles(options.ClusterCertificate!, options.ClusterKey!, options.ClusterAuthority!));
        }
        catch (ArgumentException error)
        {
            throw new CommandFailure($"--cluster-cert, --cluster-key, --cluster-ca: {error.Message}");
        }
    }

    /// <summary>The reference of the settings.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Config Reference() => MqttCluster.DefaultConfig();

    /// <summary>Joins the server with those of other nodes; null without a cluster.</summary>
    public static MqttServerCluster? Of(ServeOptions options) => options.ClusterPort is null ? null : Cluster();

#pragma warning disable CA1859 // The type of a result is loaded with the method that calls: name none of a cluster.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static MqttServerCluster Cluster() => new MqttCluster();

    private static string AddressOf(bool isTls, string host, int port) => string.Create(
        CultureInfo.InvariantCulture, $"akka.{(isTls ? "ssl." : "")}tcp://{ServeOptions.SystemName}@{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}");

    private static bool TrySplit(string text, out string host, out int port)
    {
        var colon = text.LastIndexOf(':');
        host = colon < 0 ? "" : text[..colon].Trim('[', ']');
        port = 0;
        return IsHost(host) && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= ushort.MaxValue;
    }
}
