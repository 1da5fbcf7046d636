#region doc:devices
using Akka.Actor;
using Akka.Mqtt.Cluster;
using Akka.Mqtt.Protocol;

namespace ClusteredServer;

/// <summary>Lamps by their client identifiers, from any node of the cluster.</summary>
public static class Lamps
{
    /// <summary>Asks a lamp for its state.</summary>
    public static async Task<string> StateOfAsync(ActorSystem system, string lamp)
    {
        var devices = MqttDevices.Get(system);
        return await devices.RequestAsync(lamp, new Publish("lamp/state", "?"), TimeSpan.FromSeconds(2)) switch
        {
            MqttDevices.Reply reply => reply.Packet.Payload.ToText(),
            MqttDevices.NoReply => "it does not answer",
            MqttDevices.NotConnected => "it is not connected",
            MqttDevices.Unknown => "there is no such lamp",
            var other => $"{other}",
        };
    }
}

/// <summary>Switches each lamp on that connects to any node.</summary>
public sealed class Switch : ReceiveActor
{
    public Switch()
    {
        var devices = MqttDevices.Get(Context.System).Actor;
        Receive<MqttDevices.Online>(online => devices.Tell(new MqttDevices.Send(online.ClientId, new Publish("lamp/set", "on"))));
        Receive<MqttDevices.NotConnected>(answer => Console.WriteLine($"{answer.ClientId} has gone already"));
        Receive<MqttDevices.EventsLost>(lost => Console.WriteLine($"{lost.Count} events are missing"));
        devices.Tell(new MqttDevices.Subscribe(Self));
    }
}
#endregion
