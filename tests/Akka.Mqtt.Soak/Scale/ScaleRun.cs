using System.Globalization;
using Akka.Actor;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Cluster.Nodes;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Retained;

namespace Akka.Mqtt.Soak.Scale;

/// <summary>
/// What a cluster costs, from the routing and ownership code of the server with up to 100 nodes in one process, and what follows from that for more clients. It counts
/// messages, bytes and memory, and measures no time. docs/scale.md has what it prints.
/// </summary>
internal sealed class ScaleRun
{
    private const int Single = 200; // what is done so often one at a time

    private readonly int _filters;
    private readonly int _sessions;
    private readonly ExtendedActorSystem _system;

    private ScaleRun(int filters, int sessions, ExtendedActorSystem system) => (_filters, _sessions, _system) = (filters, sessions, system);

    /// <summary>Runs it for each number of nodes.</summary>
    /// <param name="nodes">The numbers.</param>
    /// <param name="filters">Distinct filters of the whole cluster, each of one node.</param>
    /// <param name="sessions">Sessions of the whole cluster.</param>
    /// <param name="modelFilters">Filters of the model.</param>
    /// <param name="modelSessions">Sessions of the model.</param>
    /// <returns>0.</returns>
    public static async Task<int> RunAsync(int[] nodes, int filters, int sessions, long modelFilters, long modelSessions)
    {
        using var system = ActorSystem.Create("scale", "akka.loglevel = WARNING");
        var run = new ScaleRun(filters, sessions, (ExtendedActorSystem)system);
        Print($"| nodes | start: KB, messages | B a remote filter on the wire, in memory | one change: B, messages | a change among 1,000: B | a node joins: KB of filters, KB of reports, messages of reports | sessions of a registrar: least, most |");
        Print($"| ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        var costs = new List<ScaleCosts>();
        foreach (var count in nodes)
            costs.Add(run.Run(count));
        Print($"");
        Print($"| nodes | memory of a session's place: B | new session: B, messages | a session moves: B, messages, steps on links | a node is lost: sessions, filters, KB of reports |");
        Print($"| ---: | ---: | ---: | ---: | ---: |");
        foreach (var each in costs)
            Print($"| {each.Nodes} | {each.SessionMemory:N0} | {each.NewSession.Bytes:N0}, {each.NewSession.Messages:N1} | {each.Move.Bytes:N0}, {each.Move.Messages:N1}, {StepsOf(each.Nodes):N0} of {each.StepBytes} B | {each.LostSessions:N0}, {each.LostFilters:N0}, {each.LostReports.Bytes / 1024.0:N0} |");
        Print($"");
        Print($"{modelSessions:N0} clients, {modelFilters:N0} filters that are distinct:");
        Print($"");
        Print($"| nodes | links of a node | GB a node: filters of others, places of sessions | all start: GB on the network | a node joins: GB of filters to it, GB of reports, rounds of reports | 1,000 changes a second: KB/s to a node | 1,000 moves a second: MB/s on the network | a node is lost: sessions |");
        Print($"| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var each in costs)
            Model(each, modelFilters, modelSessions);
        await system.Terminate();
        return 0;
    }

    private static void Model(ScaleCosts costs, double filters, double sessions)
    {
        double nodes = costs.Nodes;
        var remote = filters * (nodes - 1) / nodes;
        var rounds = Math.Ceiling(sessions / nodes / nodes / Ownership.SessionsInReport);
        var move = costs.Move.Bytes + (StepsOf(costs.Nodes) * costs.StepBytes);
        Print($"| {costs.Nodes} | {nodes - 1:N0} | {remote * costs.FilterMemory / 1e9:N2}, {sessions / nodes * costs.SessionMemory / 1e9:N2} | {filters * costs.FilterBytes * (nodes - 1) / 1e9:N1} | {filters * costs.FilterBytes / 1e9:N2}, {sessions * costs.ReportBytes / 1e9:N1}, {rounds:N0} | {1000 * costs.ChangeBytes / 1e3:N0} | {1000 * move / 1e6:N1} | {sessions / nodes:N0} |");
    }

    /// <summary>
    /// Steps on links for one move, when nothing is lost (docs/adr/0024): the new place asks the others (n - 1). Each node that is neither place tells both its cut when it
    /// begins, and again when it has passed, with Drained and Passed (6); the places tell each other half of that (6 together). The old place sends n times Passed
    /// on. Done, its answer, and Over for the others (n + 1).
    /// </summary>
    private static int StepsOf(int nodes) => (9 * nodes) - 6;

    private static string FilterOf(int number) => $"devices/{number:D8}/commands";

    private static SessionKey KeyOf(int number) => new("", null, $"device-{number:D8}");

    private ScaleCosts Run(int count)
    {
        var cluster = new ScaleCluster(_system);
        for (var at = 0; at < count; at++)
            cluster.Add();
        for (var at = 0; at < count; at++)
        {
            var first = at;
            cluster.Nodes[at].Subscribe(Enumerable.Range(0, _filters).Where(number => number % count == first).Select(FilterOf));
        }
        foreach (var node in cluster.Nodes)
            node.DropChanges();

        var before = Live();
        ExchangeFilters(cluster);
        var start = cluster.Take();
        var remote = cluster.Nodes.Sum(static each => each.RemoteFilters);
        var filterMemory = (Live() - before) / (double)remote;

        var change = Changes(cluster, Single, 1);
        var many = Changes(cluster, 1, 1000);

        cluster.SpreadMembers();
        before = Live();
        for (var from = 0; from < _sessions; from += 1000)
        {
            for (var number = from; number < Math.Min(from + 1000, _sessions); number++)
                cluster.Nodes[number % count].Directory.Ownership.Want(KeyOf(number), null, false, cluster.Now);
            cluster.Run();
        }
        if (cluster.Opened != _sessions)
            throw new InvalidOperationException($"{cluster.Opened} of {_sessions} sessions were granted");
        var sessionMemory = (Live() - before) / (double)_sessions;
        cluster.Take();
        var opened = Wants(cluster, _sessions, 0);
        var moved = Wants(cluster, 0, 1);

        var joined = cluster.Add();
        foreach (var node in cluster.Nodes)
        {
            if (node == joined)
                continue;
            node.TellAll(joined);
            joined.TellAll(node);
        }
        if (joined.RemoteFilters != _filters)
            throw new InvalidOperationException($"the node that joined knows {joined.RemoteFilters} of {_filters} filters");
        var joinFilters = cluster.Take();
        cluster.SpreadMembers();
        var joinReports = cluster.Take();
        var shares = cluster.Nodes.Select(static each => each.Directory.Registrar.Count).Order().ToArray();

        var lost = cluster.Nodes[0];
        var lostSessions = lost.Directory.Ownership.Owned.Count;
        cluster.Remove(lost);
        var lostFilters = cluster.Nodes.Max(each => each.Forget(lost));
        cluster.SpreadMembers();
        var lostReports = cluster.Take();

        Print($"| {count} | {start.Bytes / 1024.0:N0}, {start.Messages:N0} | {start.Bytes / (double)remote:N1}, {filterMemory:N0} | {change.Bytes:N0}, {change.Messages:N0} | {many.Bytes:N0} | {joinFilters.Bytes / 1024.0:N0}, {joinReports.Bytes / 1024.0:N0}, {joinReports.Messages:N0} | {shares[0]:N0}, {shares[^1]:N0} |");
        return new ScaleCosts(
            count, start.Bytes / (double)remote, filterMemory, change.Bytes / (count - 1), sessionMemory, joinReports.Bytes / (double)_sessions, opened, moved, StepBytes(cluster),
            lostSessions, lostFilters, lostReports);
    }

    private static void ExchangeFilters(ScaleCluster cluster)
    {
        foreach (var node in cluster.Nodes)
        {
            foreach (var other in cluster.Nodes)
            {
                if (other != node)
                    node.TellAll(other);
            }
        }
    }

    /// <summary>What one change costs: filters come and go at one node, so many in each frame.</summary>
    private static (double Messages, double Bytes) Changes(ScaleCluster cluster, int rounds, int atOnce)
    {
        var node = cluster.Nodes[0];
        for (var round = 0; round < rounds; round++)
        {
            string[] filters = [.. Enumerable.Range(90_000_000, atOnce).Select(FilterOf)];
            node.Subscribe(filters);
            node.TellChanges();
            node.Unsubscribe(filters);
            node.TellChanges();
        }
        var (messages, bytes) = cluster.Take();
        return (messages / (2.0 * rounds * atOnce), bytes / (2.0 * rounds * atOnce));
    }

    /// <summary>What one session costs that a node wants, one at a time.</summary>
    private static (double Messages, double Bytes) Wants(ScaleCluster cluster, int from, int away)
    {
        for (var number = from; number < from + Single; number++)
        {
            cluster.Nodes[(number + away) % cluster.Nodes.Count].Directory.Ownership.Want(KeyOf(number), null, false, cluster.Now);
            cluster.Run();
        }
        var (messages, bytes) = cluster.Take();
        return (messages / (double)Single, bytes / (double)Single);
    }

    private static int StepBytes(ScaleCluster cluster)
    {
        var writer = new FrameWriter(cluster.System, 1 << 16, new RetainedIndex(1, 1));
        writer.Step(new MoveStep(MoveStepKind.Cut, KeyOf(0), 1, cluster.Nodes[0].Self, cluster.Nodes[1].Self, 1));
        return writer.Take().Length;
    }

    private static long Live()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}

/// <summary>What a cluster of a size costs. Bytes are those of messages between nodes, without what Akka.Remote and TCP add.</summary>
/// <param name="Nodes">How many nodes.</param>
/// <param name="FilterBytes">A filter in a set of filters.</param>
/// <param name="FilterMemory">A filter of another node, in memory.</param>
/// <param name="ChangeBytes">A filter that comes or goes alone, for each other node.</param>
/// <param name="SessionMemory">Where a session is: at its node and at its registrar.</param>
/// <param name="ReportBytes">A session in the reports after a change of members.</param>
/// <param name="NewSession">A new session, one at a time.</param>
/// <param name="Move">A session that moves, one at a time, without its content and without the steps on links.</param>
/// <param name="StepBytes">A step on a link.</param>
/// <param name="LostSessions">Sessions of a lost node.</param>
/// <param name="LostFilters">Filters of a lost node.</param>
/// <param name="LostReports">The reports after the loss.</param>
internal sealed record ScaleCosts(
    int Nodes, double FilterBytes, double FilterMemory, double ChangeBytes, double SessionMemory, double ReportBytes, (double Messages, double Bytes) NewSession,
    (double Messages, double Bytes) Move, int StepBytes, int LostSessions, int LostFilters, (long Messages, long Bytes) LostReports);
