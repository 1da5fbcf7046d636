using System.Net;
using System.Net.Sockets;
using Akka.Actor;

namespace Akka.Mqtt.Cli.Commands;

/// <summary>
/// Joins a cluster with DNS names as seeds, for example that of a headless service of Kubernetes: each address of a name is a seed. Names are resolved again until the node has joined,
/// because the other nodes may not have started yet.
/// </summary>
/// <param name="seeds">Names, or addresses, and ports.</param>
internal sealed class SeedNames(IReadOnlyList<(string Host, int Port)> seeds)
{
    // Longer than akka.cluster.seed-node-timeout, after which the first seed starts a new cluster when no other seed answers. If a name does not change for
    // this time, it is assumed to have the addresses of all nodes.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>Joins.</summary>
    /// <param name="system">The actor system of the node.</param>
    /// <param name="cancellation">Cancels it.</param>
    public async Task JoinAsync(ActorSystem system, CancellationToken cancellation)
    {
        var cluster = global::Akka.Cluster.Cluster.Get(system);
        var joined = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.RegisterOnMemberUp(() => joined.TrySetResult());
        var choice = new SeedChoice(cluster.SelfAddress);
        string? said = null;
        while (!joined.Task.IsCompleted && !cancellation.IsCancellationRequested)
        {
            var (addresses, problem) = await ResolveAsync(cluster.SelfAddress, cancellation).ConfigureAwait(false);
            if (choice.Next(addresses) is { Count: > 0 } nodes)
                cluster.JoinSeedNodes(nodes);
            if (problem is not null && problem != said)
                await Console.Error.WriteLineAsync($"akka-mqtt: {said = problem} It is tried again.").ConfigureAwait(false);
            await Task.WhenAny(joined.Task, Task.Delay(Interval, cancellation)).ConfigureAwait(false);
        }
    }

    /// <summary>The addresses of all seeds.</summary>
    private async Task<(IReadOnlyCollection<Address> Addresses, string? Problem)> ResolveAsync(Address self, CancellationToken cancellation)
    {
        var found = new HashSet<Address>();
        var family = IPAddress.TryParse(self.Host.Trim('[', ']'), out var own) ? own.AddressFamily : AddressFamily.Unspecified;
        string? problem = null;
        foreach (var (host, port) in seeds)
        {
            try
            {
                foreach (var address in await Dns.GetHostAddressesAsync(host, family, cancellation).ConfigureAwait(false))
                {
                    var text = address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : $"{address}";
                    found.Add(new Address(self.Protocol, self.System, text, port));
                }
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return ([], null); // the server ends
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException)
            {
                problem = $"--seed {host}: {error.Message.TrimEnd('.')}.";
            }
        }
        return (found, problem);
    }
}
