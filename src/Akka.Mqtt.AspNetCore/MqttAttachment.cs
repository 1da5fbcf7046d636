using Akka.Actor;

namespace Akka.Mqtt.AspNetCore;

/// <summary>Hands streams that Kestrel accepted to the MQTT runtime of an actor system. Thread-safe.</summary>
internal sealed class MqttAttachment(ActorSystem system, IActorRef handler, MqttConnectionOptions options)
{
    public MqttConnectionOptions Options => options;

    /// <summary>
    /// Attaches a stream, which the connection owns from here on, and waits until it is disposed. The handler is the sender, so that
    /// <see cref="Mqtt.Connected"/> goes to it.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="disposed">Ends when the stream is disposed.</param>
    /// <param name="transport">What is known of it.</param>
    /// <param name="ended">Cancelled when Kestrel gives the connection up, also before anyone owns the stream.</param>
    public async Task RunAsync(Stream stream, Task disposed, TransportInfo transport, CancellationToken ended)
    {
        await using var stop = ended.Register(static s => ((Stream)s!).Dispose(), stream);
        // When the actor system is gone nobody takes the stream.
        var terminated = system.WhenTerminated;
        var manager = options.Manager ?? system.Mqtt();
        manager.Tell(new Mqtt.Attach(stream, Protocol.MqttRole.Server) { Transport = transport, Settings = options.Settings }, handler);
        await Task.WhenAny(disposed, terminated).ConfigureAwait(false);
        await stream.DisposeAsync().ConfigureAwait(false);
    }
}
