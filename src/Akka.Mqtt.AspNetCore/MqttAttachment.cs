using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.AspNetCore;

/// <summary>Passes streams that Kestrel accepted to the MQTT runtime of an actor system. Thread safe.</summary>
internal sealed class MqttAttachment(ActorSystem system, IActorRef handler, MqttConnectionOptions options)
{
    /// <summary>
    /// Attaches a stream, which the connection owns from now on, and waits until it is disposed. The handler is the sender, so that it
    /// receives <see cref="Mqtt.Connected"/>. When Kestrel reports the end of the client, the stream is not disposed here: the last
    /// packets of the client may still be unread, and the connection learns of the end when it reads.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="disposed">Completes when the stream is disposed.</param>
    /// <param name="transport">The transport information.</param>
    /// <param name="stopping">Cancelled when the application stops: the client is notified, and the connection closes.</param>
    public async Task RunAsync(Stream stream, Task disposed, TransportInfo transport, CancellationToken stopping)
    {
        // After the actor system has terminated, no connection takes the stream.
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
    /// Before the client is accepted, and before 5.0, no such packet may be sent. The command then fails without a receiver, and the close
    /// follows nevertheless.
    /// </summary>
    private static void Close(IActorRef connection)
    {
        connection.Tell(new Disconnect(ReasonCode.ServerShuttingDown), ActorRefs.Nobody);
        connection.Tell(Mqtt.Close.Instance, ActorRefs.Nobody);
    }
}
