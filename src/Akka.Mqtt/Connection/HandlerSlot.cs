using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Connection;

/// <summary>Who handles a connection: watches it, and decides who may register another. Owned by the connection actor.</summary>
internal sealed class HandlerSlot(IActorContext context)
{
    /// <summary>The handler; null until one registers.</summary>
    public IActorRef? Handler { get; private set; }

    /// <summary>Whether the connection stays open when the peer has closed its half.</summary>
    public bool KeepsOpen { get; private set; }

    /// <summary>Until a handler registers, a dialled connection ends when who dialled it stops.</summary>
    public void WatchDialler(ConnectionStart start)
    {
        if (start.Role == MqttRole.Client && DialCommanders.IsWatched(start.Commander))
            context.WatchWith(start.Commander, CommanderEnded.Instance);
    }

    /// <summary>A handler registers.</summary>
    public void UnwatchDialler(ConnectionStart start)
    {
        if (start.Role == MqttRole.Client && DialCommanders.IsWatched(start.Commander))
            context.Unwatch(start.Commander);
    }

    /// <summary>Registers a handler, the first or another one.</summary>
    public void Set(Mqtt.Register register)
    {
        if (Handler is not null && !register.Handler.Equals(Handler))
            context.Unwatch(Handler);
        Handler = register.Handler;
        KeepsOpen = register.KeepOpenOnPeerClosed;
        if (!register.TellsItsEnd)
            context.WatchWith(Handler, HandlerEnded.Instance);
    }

    /// <summary>Whether the sender may register another handler; if not, it is answered.</summary>
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

    /// <summary>Tells who registered a handler that it is registered, if it asked for that.</summary>
    public void Acknowledge(Mqtt.Register register, IActorRef sender)
    {
        if (register.Ack is { } ack)
            sender.Tell(ack, context.Self);
    }

    /// <summary>For the handler it is over when the close begins: a peer that is gone would let it wait for <c>close-timeout</c>.</summary>
    public void TellClosing(ConnectionEnd end)
    {
        if (KeepsOpen && end.Reason is not (CloseReason.Closed or CloseReason.HandlerTerminated))
            Handler!.Tell(new Mqtt.Closing(end.EventFor(Handler)), context.Self);
    }
}
