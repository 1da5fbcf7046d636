using Akka.Cluster;
using Akka.Event;

namespace Akka.Mqtt.Cluster.Devices;

/// <summary>The messages between the device actors of two nodes.</summary>
/// <param name="From">The node that sends it.</param>
internal abstract record DeviceMessage(UniqueAddress From) : IDeadLetterSuppression;

/// <summary>Asks a node whether it has a session of a client. Answered with <see cref="DeviceFound"/>.</summary>
/// <param name="From">See <see cref="DeviceMessage.From"/>.</param>
/// <param name="Call">The number of the call.</param>
/// <param name="ClientId">The client.</param>
internal sealed record DeviceSought(UniqueAddress From, long Call, string ClientId) : DeviceMessage(From);

/// <summary>The answer.</summary>
/// <param name="From">See <see cref="DeviceMessage.From"/>.</param>
/// <param name="Call">The number of the call.</param>
/// <param name="Presence">What the node has of the client.</param>
internal sealed record DeviceFound(UniqueAddress From, long Call, DevicePresence Presence) : DeviceMessage(From);

/// <summary>What a node has of a client.</summary>
internal enum DevicePresence : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A session that is being moved to another node.</summary>
    Moving = 1,

    /// <summary>A session whose client is not connected.</summary>
    Away = 2,

    /// <summary>A session whose client is connected.</summary>
    Connected = 3,
}

/// <summary>Carry out a command for a client of the node. Answered with <see cref="DeviceResult"/>.</summary>
/// <param name="From">See <see cref="DeviceMessage.From"/>.</param>
/// <param name="Call">The number of the call.</param>
/// <param name="Command">The command.</param>
internal sealed record DeviceCall(UniqueAddress From, long Call, MqttDevices.Command Command) : DeviceMessage(From);

/// <summary>The answer.</summary>
/// <param name="From">See <see cref="DeviceMessage.From"/>.</param>
/// <param name="Call">The number of the call.</param>
/// <param name="Answer">The result of the command.</param>
internal sealed record DeviceResult(UniqueAddress From, long Call, MqttDevices.Answer Answer) : DeviceMessage(From);

/// <summary>Asks a node for the events of its clients, or confirms events. It is repeated, because it may be lost.</summary>
/// <param name="From">See <see cref="DeviceMessage.From"/>.</param>
/// <param name="Stream">The number of the subscription; events are numbered from 0 in each.</param>
/// <param name="Taken">Events below this number were received.</param>
/// <param name="IsWanted">Whether the sender wants more events.</param>
internal sealed record EventsWanted(UniqueAddress From, long Stream, long Taken, bool IsWanted) : DeviceMessage(From);

/// <summary>Events, in order. Missing numbers are lost events.</summary>
/// <param name="From">See <see cref="DeviceMessage.From"/>.</param>
/// <param name="Stream">The number of the subscription.</param>
/// <param name="First">The number of the first event; the first of a subscription is 0.</param>
/// <param name="Events">The events.</param>
internal sealed record DeviceEvents(UniqueAddress From, long Stream, long First, MqttDevices.Event[] Events) : DeviceMessage(From);
