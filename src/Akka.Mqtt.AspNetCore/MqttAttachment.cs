using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.AspNetCore;

/// <summary>Hands streams that Kestrel accepted to the MQTT runtime of an actor system. Thread-safe.</summary>
internal sealed class MqttAttachment(ActorSystem system, IActorRef handler, MqttConnectionOptions options)
{
    /// <summary>
    /// Attaches a stream, which the connection owns from here on, and waits until it is disposed. The handler is the sender, so that
    /// <see cref="Mqtt.Connected"/> goes to it. That Kestrel sees the client go is no reason to dispose here: what the client sent last may
    /// still be unread, and the connection learns of the end by reading.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="disposed">Ends when the stream is disposed.</param>
    /// <param name="transport">What is known of it.</param>
    /// <param name="stopping">The application stops: the client is told so, and the connection closes.</param>
    public async Task RunAsync(Stream stream, Task disposed, TransportInfo transport, CancellationToken stopping)
    {
        // When the actor system is gone nobody takes the stream.
        var terminated = system.WhenTerminated;
        var manager = options.Manager ?? system.Mqtt();
        var started = new TaskCompletionSource<IActorRef>(TaskCreationOptions.RunContinuationsAsynchronously);
        manager.Tell(
            new Mqtt.Attach(stream, MqttRole.Server) { Transport = transport, Settings = options.Settings, Started = started }, handler);
        using (stopping.Register(() => started.Task.ContinueWith(task => Close(task.Result), TaskContinuationOptions.OnlyOnRanToCompletion)))
            await Task.WhenAny(disposed, terminated).ConfigureAwait(false);
        await stream.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Before it is accepted, and before 5.0, a client has no such packet: that command fails, to nobody, and the close follows all the same.
    /// </summary>
    private static void Close(IActorRef connection)
    {
        connection.Tell(new Disconnect(ReasonCode.ServerShuttingDown), ActorRefs.Nobody);
        connection.Tell(Mqtt.Close.Instance, ActorRefs.Nobody);
    }
}
