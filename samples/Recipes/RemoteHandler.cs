#region doc:remote-handler
using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt;
using Akka.Mqtt.Protocol;

namespace Recipes;

/// <summary>Runs on one node and handles a connection that another node, the gateway, holds.</summary>
public sealed class RemoteHandler : ReceiveActor
{
    /// <summary>The configuration of both nodes; each has a port of its own.</summary>
    public static Config Node(int port) => ConfigurationFactory.ParseString(
        $$"""
        akka.actor.provider = remote
        akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = {{port}}, maximum-frame-size = 1MiB }
        akka.extensions = ["Akka.Mqtt.MqttExtProvider, Akka.Mqtt"]
        """);

    /// <param name="gateway">The address of the other node, for example <c>akka.tcp://gateway@127.0.0.1:4053</c>.</param>
    /// <param name="server">The MQTT server that the gateway dials.</param>
    /// <param name="application">Gets what the MQTT server sends.</param>
    public RemoteHandler(Address gateway, EndPoint server, IActorRef application)
    {
        ArgumentNullException.ThrowIfNull(gateway);

        Receive<ActorIdentity>(manager => manager.Subject.Tell(new Mqtt.Connect(server))); // the gateway dials
        Receive<Mqtt.Connected>(connected =>
        {
            connected.Connection.Tell(new Mqtt.Register(Self)); // its packets come here
            connected.Connection.Tell(new Connect { ClientId = "remote" });
        });
        Receive<MqttPacket>(packet => application.Tell(packet));
        Receive<Mqtt.CommandFailed>(failed => application.Tell(failed));
        Receive<Mqtt.ConnectionClosed>(closed => application.Tell(closed));

        // The manager of the extension has this path on every node.
        Context.ActorSelection(new RootActorPath(gateway) / "system" / "IO-MQTT").Tell(new Identify(null));
    }
}
#endregion
