using Akka.Actor;

namespace Akka.Mqtt.AspNetCore;

/// <summary>Hands streams that Kestrel accepted to the MQTT runtime of an actor system. Thread-safe.</summary>
internal sealed class MqttAttachment(ActorSystem system, IActorRef handler, MqttConnectionOptions options)
{
    public MqttConnectionOptions Options => options;

    /// <summary>
    /// Attaches a stream, which the connection owns from here on, and waits until it is disposed. The handler is the sender, so that
    /// <see cref="Mqtt.Connected"/> goes to it. That Kestrel sees the client go is no reason to dispose here: what the client sent last may
    /// still be unread, and the connection learns of the end by reading.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="disposed">Ends when the stream is disposed.</param>
    /// <param name="transport">What is known of it.</param>
    public async Task RunAsync(Stream stream, Task disposed, TransportInfo transport)
    {
        // When the actor system is gone nobody takes the stream.
        var terminated = system.WhenTerminated;
        var manager = options.Manager ?? system.Mqtt();
        manager.Tell(new Mqtt.Attach(stream, Protocol.MqttRole.Server) { Transport = transport, Settings = options.Settings }, handler);
        await Task.WhenAny(disposed, terminated).ConfigureAwait(false);
        await stream.DisposeAsync().ConfigureAwait(false);
    }
}
