using System.Runtime.CompilerServices;
using Akka.Mqtt.Dashboard.Answers;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Admin;
using Akka.Mqtt.Server.Directories;

namespace Akka.Mqtt.Dashboard.Live;

/// <summary>
/// The nodes with their rates. Each node receives at most one question a second for all requests. Without requests it does nothing. Thread safe.
/// </summary>
internal sealed class NodeList
{
    private const long MinInterval = 900; // milliseconds, so that one request a second always gets a new answer

    private static readonly ConditionalWeakTable<MqttServer, NodeList> Each = [];

    private readonly Func<CancellationToken, Task<IReadOnlyList<NodeReport>>> _report;
    private readonly Func<long> _now;
    private readonly Lock _lock = new();
    private Dictionary<string, NodeSums> _before = [];
    private Task<NodesAnswer>? _answer;
    private long _at;

    /// <summary>Creates a list.</summary>
    /// <param name="report">Asks the nodes.</param>
    /// <param name="now">The clock, in milliseconds.</param>
    public NodeList(Func<CancellationToken, Task<IReadOnlyList<NodeReport>>> report, Func<long> now) => (_report, _now) = (report, now);

    /// <summary>The instance of a server.</summary>
    public static NodeList Of(MqttServer server) => Each.GetValue(server, static each => new NodeList(
        each.Context.Owners is { } cluster
            ? cluster.Nodes.ReportAsync
            : _ => Task.FromResult<IReadOnlyList<NodeReport>>([new NodeReport(NameOf(each), true, NodeReach.Answered, OwnFigures.Of(each.Context))]),
        () => each.Context.Now));

    /// <summary>The node name of a server without a cluster.</summary>
    public static string NameOf(MqttServer server) => server.Admin.Path.Address.ToString(); // of a local reference it has no host

    /// <summary>The nodes, as they are now.</summary>
    /// <exception cref="NodesBusyException">Too many questions wait.</exception>
    public Task<NodesAnswer> TakeAsync(CancellationToken cancellation)
    {
        lock (_lock)
        {
            var now = _now();
            if (_answer is null || (_answer.IsCompleted && (now - _at >= MinInterval || !_answer.IsCompletedSuccessfully)))
                (_answer, _at) = (AskAsync(), now);
            return _answer.WaitAsync(cancellation);
        }
    }

    private async Task<NodesAnswer> AskAsync()
    {
        var reports = await _report(CancellationToken.None).ConfigureAwait(false); // it has its own time-out
        lock (_lock)
        {
            var before = _before;
            _before = reports.Where(static each => each.Figures is not null).ToDictionary(static each => each.Node, static each => each.Figures!.Counts);
            return new NodesAnswer([.. reports.Select(each => AnswerOf(each, before))]);
        }
    }

    private static NodeAnswer AnswerOf(NodeReport report, Dictionary<string, NodeSums> before) => report.Figures is { } figures
        ? new NodeAnswer(report.Node, report.IsSelf, figures.State.ToString(), figures.Detail, FiguresOf(figures, before.GetValueOrDefault(report.Node)))
        : new NodeAnswer(report.Node, report.IsSelf, report.Reach.ToString(), DetailOf(report.Reach), null);

    private static string DetailOf(NodeReach reach) => reach switch
    {
        NodeReach.Left => "It has handed its sessions over to the other nodes. Stop it, or start it again.",
        NodeReach.Unreachable => "The cluster cannot reach it.",
        _ => "It did not answer in time.",
    };

    private static NodeFiguresAnswer FiguresOf(NodeFigures figures, NodeSums? before)
    {
        var now = figures.Counts;
        if (before is null || before.Uptime >= now.Uptime) // it is new, or was started again
            before = new NodeSums();
        var seconds = (now.Uptime - before.Uptime) / 1000.0;
        double Rate(long from, long to) => Math.Round(Math.Max(0, to - from) / Math.Max(0.001, seconds), 1);
        return new NodeFiguresAnswer(
            figures.Name,
            figures.Version,
            now.Uptime / 1000.0,
            figures.LoadLevel,
            now.Clients,
            now.Connections,
            now.Sessions,
            now.Subscriptions,
            Rate(before.MessagesReceived, now.MessagesReceived),
            Rate(before.MessagesSent, now.MessagesSent),
            Rate(before.BytesReceived, now.BytesReceived),
            Rate(before.BytesSent, now.BytesSent),
            Rate(before.Dropped, now.Dropped),
            Rate(before.Refused, now.Refused),
            now.WaitingBytes,
            now.ProcessMemory,
            Rate(before.ProcessorTime, now.ProcessorTime) / 10); // milliseconds a second are tenths of a percent
    }
}
