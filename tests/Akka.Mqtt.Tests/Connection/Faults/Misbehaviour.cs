using Akka.Event;
using Akka.Mqtt.Protocol;
using Xunit;
using static Akka.Mqtt.Protocol.MqttRole;
using static Akka.Mqtt.Tests.Connection.FaultSpec.Stage;

namespace Akka.Mqtt.Tests.Connection;

/// <summary>What a peer or a handler must not do but with bytes, and what it comes to.</summary>
/// <param name="Name">Who does what.</param>
/// <param name="Role">Our side.</param>
/// <param name="Stage">How far the conversation is; null when nobody has registered.</param>
/// <param name="Happens">What happens.</param>
/// <param name="Reason">The reason of the end.</param>
/// <param name="Level">The level of its line in the log.</param>
/// <param name="Told">Who is told, in one event.</param>
public sealed record Misbehaviour(
    string Name,
    MqttRole Role,
    FaultSpec.Stage? Stage,
    Func<MisbehaviourSpec, FaultSpec.Tested, Task> Happens,
    CloseReason Reason,
    LogLevel Level,
    Misbehaviour.Listener Told = Misbehaviour.Listener.Handler)
{
    /// <summary>Who hears of an end.</summary>
    public enum Listener
    {
        /// <summary>The handler that is registered.</summary>
        Handler,

        /// <summary>Who was told that the connection is up, when there is no handler.</summary>
        Owner,

        /// <summary>Nobody: the handler is dead.</summary>
        Nobody,
    }

    public static IReadOnlyList<Misbehaviour> All { get; } =
    [
        new("a peer that never writes", Server, Fresh, (spec, it) => spec.PassAsync(it, spec.Settings.ConnectTimeout!.Value),
            CloseReason.ConnectTimeout, LogLevel.InfoLevel),
        new("a peer that stops within its CONNECT", Server, Fresh,
            async (spec, it) =>
            {
                await it.Peer.SendBytesAsync("10 0d 00 04");
                await spec.PassAsync(it, spec.Settings.ConnectTimeout!.Value);
            },
            CloseReason.ConnectTimeout, LogLevel.InfoLevel),
        new("a peer that stops writing before CONNACK", Server, Greeted, (spec, it) => spec.PassAsync(it, MisbehaviourSpec.KeepAliveLimit),
            CloseReason.KeepAliveTimeout, LogLevel.InfoLevel),
        new("a peer that stops writing", Server, Open, (spec, it) => spec.PassAsync(it, MisbehaviourSpec.KeepAliveLimit),
            CloseReason.KeepAliveTimeout, LogLevel.InfoLevel),
        new("a peer that stops writing within a packet", Server, Open,
            async (spec, it) =>
            {
                await it.Peer.SendBytesAsync("30 05 00");
                await spec.PassAsync(it, MisbehaviourSpec.KeepAliveLimit);
            },
            CloseReason.KeepAliveTimeout, LogLevel.InfoLevel),
        new("a client that stops reading", Server, Open, StopReadingAsync, CloseReason.WriteTimeout, LogLevel.InfoLevel),
        new("a server that stops reading", Client, Open, StopReadingAsync, CloseReason.WriteTimeout, LogLevel.InfoLevel),
        new("a client that half-closes", Server, Open, HalfCloseAsync, CloseReason.PeerClosed, LogLevel.DebugLevel),
        new("a server that half-closes", Client, Open, HalfCloseAsync, CloseReason.PeerClosed, LogLevel.DebugLevel),
        new("a client that closes", Server, Open, CloseAsync, CloseReason.PeerClosed, LogLevel.DebugLevel),
        new("a server that closes", Client, Open, CloseAsync, CloseReason.PeerClosed, LogLevel.DebugLevel),
        new("a client that resets", Server, Open, ResetAsync, CloseReason.TransportError, LogLevel.DebugLevel),
        new("a server that resets", Client, Open, ResetAsync, CloseReason.TransportError, LogLevel.DebugLevel),
        new("a server that closes before CONNACK", Client, Greeted, CloseAsync, CloseReason.PeerClosed, LogLevel.DebugLevel),
        new("a handler of a server that dies", Server, Open, DieAsync, CloseReason.HandlerTerminated, LogLevel.DebugLevel, Listener.Nobody),
        new("a handler of a client that dies", Client, Open, DieAsync, CloseReason.HandlerTerminated, LogLevel.DebugLevel, Listener.Nobody),
        new("a handler of a server that never registers", Server, null, NeverRegisterAsync,
            CloseReason.RegisterTimeout, LogLevel.WarningLevel, Listener.Owner),
        new("a handler of a client that never registers", Client, null, NeverRegisterAsync,
            CloseReason.RegisterTimeout, LogLevel.WarningLevel, Listener.Owner),
    ];

    public override string ToString() => Name;

    private static async Task StopReadingAsync(MisbehaviourSpec spec, FaultSpec.Tested it)
    {
        it.Tell(new Mqtt.Write(new Publish("large", new byte[64 << 20]), "never"));
        await it.Peer.ReadBytesAsync(1); // the write is under way, and its time counts
        await spec.PassAsync(it, spec.Settings.WriteTimeout!.Value);
        Assert.Equal(CommandFailure.ConnectionClosed, (await it.Commander.ExpectMsgAsync<Mqtt.CommandFailed>()).Reason);
    }

    private static async Task NeverRegisterAsync(MisbehaviourSpec spec, FaultSpec.Tested it)
    {
        await it.Peer.SendPacketAsync(new Connect { ClientId = "c" });
        await spec.PassAsync(it, spec.Settings.RegisterTimeout);
        await it.Peer.ExpectEndAsync(); // unread input makes a close a reset
    }

    private static Task HalfCloseAsync(MisbehaviourSpec spec, FaultSpec.Tested it)
    {
        it.Peer.CompleteWrites();
        return Task.CompletedTask;
    }

    private static Task CloseAsync(MisbehaviourSpec spec, FaultSpec.Tested it)
    {
        it.Peer.Close();
        return Task.CompletedTask;
    }

    private static Task ResetAsync(MisbehaviourSpec spec, FaultSpec.Tested it)
    {
        it.Peer.Abort();
        return Task.CompletedTask;
    }

    private static async Task DieAsync(MisbehaviourSpec spec, FaultSpec.Tested it)
    {
        spec.Sys.Stop(it.Handler);
        await it.Peer.ExpectClosedAsync();
        it.Peer.Close();
    }
}
