using Akka.Actor;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Directories;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>The nodes of the cluster, for administrators of this node. It uses <see cref="NodeQuestionsActor"/> and <see cref="MqttDevices"/>. Thread safe.</summary>
internal sealed class ClusterNodes : IClusterNodes
{
    private const int MostClients = 10_000;

    private readonly TaskCompletionSource<(IActorRef Questions, MqttDevices Devices, TimeSpan Patience)> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Sets the actors that answer.</summary>
    public void Use(IActorRef questions, MqttDevices devices, TimeSpan patience) => _started.TrySetResult((questions, devices, patience));

    public async Task<IReadOnlyList<NodeReport>> ReportAsync(CancellationToken cancellation)
    {
        var answers = await AskAsync(new NodeQuestionsActor.Ask(new NodeQuestion.Report()), cancellation).ConfigureAwait(false);
        var self = answers.Self;
        return
        [
            new NodeReport(self.Address.ToString(), true, answers.Replies.ContainsKey(self) ? NodeReach.Answered : NodeReach.Silent, Figures(answers.Replies.GetValueOrDefault(self))),
            .. answers.Others.OrderBy(static each => each.Key.Address.ToString(), StringComparer.Ordinal).Select(each => new NodeReport(
                each.Key.Address.ToString(),
                false,
                answers.Replies.ContainsKey(each.Key) ? NodeReach.Answered : each.Value ? NodeReach.Silent : NodeReach.Unreachable,
                Figures(answers.Replies.GetValueOrDefault(each.Key)))),
            .. answers.Gone.Select(static each => new NodeReport(each.Address.ToString(), false, NodeReach.Left, null)),
        ];
    }

    public async Task<NodeClients> ListAsync(MqttServer.GetClients get, CancellationToken cancellation)
    {
        var (_, devices, _) = await _started.Task.WaitAsync(cancellation).ConfigureAwait(false);
        var command = new MqttDevices.GetClients { ConnectedOnly = get.ConnectedOnly, After = get.After, Search = get.Search, Limit = Math.Clamp(get.Limit, 1, MostClients) };
        return await devices.GetClientsAsync(command, cancellation).ConfigureAwait(false) is MqttDevices.ClientPage page
            ? new NodeClients([.. page.Clients.Select(static each => (each.Node.ToString(), each.Client))], page.Total, page.Next, [.. page.Missing.Select(static each => each.ToString())])
            : throw new NodesBusyException();
    }

    public async Task<ClientFate> DisconnectAsync(MqttServer.DisconnectClient disconnect, CancellationToken cancellation)
    {
        var (_, devices, patience) = await _started.Task.WaitAsync(cancellation).ConfigureAwait(false);
        var command = new MqttDevices.Disconnect(disconnect.ClientId) { Reason = disconnect.Reason, EndSession = disconnect.EndSession };
        return await devices.Actor.Ask<MqttDevices.Answer>(command, patience + TimeSpan.FromSeconds(5), cancellation).ConfigureAwait(false) switch
        {
            MqttDevices.Reached => ClientFate.Ended,
            MqttDevices.NotConnected => ClientFate.NotConnected,
            MqttDevices.Unknown => ClientFate.Unknown,
            MqttDevices.Refused => throw new NodesBusyException(),
            _ => ClientFate.Unreachable,
        };
    }

    public async Task<BanOutcome> ChangeBanAsync(BanChange change, CancellationToken cancellation)
    {
        var answers = await AskAsync(new NodeQuestionsActor.Ask(new NodeQuestion.Ban(change), WithSelf: false), cancellation).ConfigureAwait(false);
        return new BanOutcome(answers.Replies.Values.Count(static each => each is NodeReply.Done { Changed: true }), answers.Missing);
    }

    public async Task<bool?> DrainAsync(string node, CancellationToken cancellation)
    {
        var answers = await AskAsync(new NodeQuestionsActor.Ask(new NodeQuestion.Drain(), node), cancellation).ConfigureAwait(false);
        return answers.Replies.Values.Any(static each => each is NodeReply.Done) ? true
            : answers.Others.Count > 0 || answers.Gone.Count > 0 ? false
            : null;
    }

    private async Task<NodeQuestionsActor.Answers> AskAsync(NodeQuestionsActor.Ask ask, CancellationToken cancellation)
    {
        var (questions, _, patience) = await _started.Task.WaitAsync(cancellation).ConfigureAwait(false);
        return await questions.Ask<object>(ask, patience + TimeSpan.FromSeconds(5), cancellation).ConfigureAwait(false) as NodeQuestionsActor.Answers // it answers before that
            ?? throw new NodesBusyException();
    }

    private static NodeFigures? Figures(NodeReply? reply) => (reply as NodeReply.Figures)?.Value;
}
