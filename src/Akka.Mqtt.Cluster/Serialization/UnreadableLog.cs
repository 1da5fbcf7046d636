using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Cluster.Serialization;

/// <summary>
/// Logs messages of other nodes that this one cannot read: the first of each node, up to a number of nodes. One for each actor system.
/// </summary>
internal sealed class UnreadableLog : UntypedActor
{
    private const int MostNodes = 1000;

    private readonly HashSet<Address> _logged = [];
    private readonly ILoggingAdapter _log = Context.GetLogger();

    public static Props Props() => Actor.Props.Create(static () => new UnreadableLog()).WithDeploy(Deploy.Local);

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(UnhandledMessage));

    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        if (message is UnhandledMessage { Message: Unreadable unreadable, Sender: var sender } && _logged.Count < MostNodes && _logged.Add(sender.Path.Address))
            _log.Warning("Node {Node} sends messages that this one cannot read; they are dropped: {Reason} Later ones are not logged.", sender.Path.Address, unreadable.Reason);
    }
}
