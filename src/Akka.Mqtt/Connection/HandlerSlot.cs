using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Connection;

/// <summary>The handler of a connection: watches it, and decides which actor may replace it. Owned by the connection actor.</summary>
internal sealed class HandlerSlot(IActorContext context)
{
    /// <summary>The handler; null until one registers.</summary>
    public IActorRef? Handler { get; private set; }

    /// <summary>Whether the connection stays open when the peer has closed its half.</summary>
    public bool KeepsOpen { get; private set; }

    /// <summary>Whether the handler logs why the connection ended.</summary>
    public bool LogsTheEnd { get; private set; }

    /// <summary>Watches the actor that dialled: without a handler, the connection closes when that actor stops.</summary>
    public void WatchDialler(ConnectionStart start)
    {
        if (MustWatch(start))
            context.WatchWith(start.Commander, CommanderEnded.Instance);
    }

    /// <summary>Stops watching it, because the first handler registers.</summary>
    public void UnwatchDialler(ConnectionStart start)
    {
        if (MustWatch(start))
            context.Unwatch(start.Commander);
    }

    /// <summary>Sets the handler, for the first time or as a replacement.</summary>
    public void Set(Mqtt.Register register)
    {
        if (Handler is not null && !register.Handler.Equals(Handler))
            context.Unwatch(Handler);
        Handler = register.Handler;
        KeepsOpen = register.KeepOpenOnPeerClosed;
        LogsTheEnd = register.LogsTheEnd;
        if (!register.TellsItsEnd)
            context.WatchWith(Handler, HandlerEnded.Instance);
    }

    /// <summary>Whether the sender may replace the handler. If not, the sender gets CommandFailed.</summary>
    public bool MayReplace(Mqtt.Register register, IActorRef sender, ConnectionEnd? end)
    {
        if (Handler is null || end?.Reason == CloseReason.HandlerTerminated)
        {
            const string text = "The connection is closing, and has no handler that could hand it over.";
            CommandFailures.Fail(sender, register, CommandFailure.ConnectionClosed, text);
            return false;
        }

        if (sender.Equals(Handler))
            return HandlerCheck.IsPossible(register, sender);
        const string other = "A handler is registered. Only that handler can register another: it must be the sender of Mqtt.Register.";
        CommandFailures.Fail(sender, register, CommandFailure.NotSupported, other);
        return false;
    }

    /// <summary>Sends the acknowledgement of a registration, if one was requested.</summary>
    public void Acknowledge(Mqtt.Register register, IActorRef sender)
    {
        if (register.Ack is { } ack)
            sender.Tell(ack, context.Self);
    }

    /// <summary>
    /// Reports the close to the handler when it begins, because with an unresponsive peer it can take until <c>close-timeout</c>. The
    /// managed client logs the end and needs the cause at once, because its answer-timeout may be shorter.
    /// </summary>
    public void TellClosing(ConnectionEnd end)
    {
        if ((KeepsOpen || LogsTheEnd) && end.Reason is not (CloseReason.Closed or CloseReason.HandlerTerminated))
            Handler!.Tell(new Mqtt.Closing(end.EventFor(Handler)), context.Self);
    }

    private static bool MustWatch(ConnectionStart start) => start is { Role: MqttRole.Client, WatchesCommander: true } && DialCommanders.IsWatched(start.Commander);
}
