namespace Akka.Mqtt;

/// <summary>
/// The commands and events of the MQTT runtime, named like those of Akka.IO's <c>Tcp</c>. <c>Mqtt.X</c> is a command or event; a bare name such as
/// <see cref="Protocol.Publish"/> is a packet on the wire. <c>Mqtt.Connect</c> dials; <see cref="Protocol.Connect"/> is the CONNECT packet.
/// <code>
/// Sys.Mqtt().Tell(new Mqtt.Connect("localhost", 1883));   // answered by Mqtt.Connected: the socket is up
/// connection.Tell(new Mqtt.Register(handler));            // reading starts
/// connection.Tell(new Connect { ClientId = "example" });  // the handler receives ConnAck
/// connection.Tell(new Publish("example", "example"));
/// </code>
/// </summary>
public static partial class Mqtt
{
    /// <summary>All commands and events; packets are not among them. docs/remoting.md lists those that can be sent to another node.</summary>
    public abstract record Message;

    /// <summary>A message to the manager, a listener or a connection.</summary>
    public abstract record Command : Message;

    /// <summary>A message of the manager, a listener or a connection.</summary>
    public abstract record Event : Message;
}
