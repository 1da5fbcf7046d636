using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cluster;

public sealed partial class MqttDevices
{
    /// <summary>What became of a <see cref="Command"/>.</summary>
    public abstract record Answer
    {
        private protected Answer()
        {
        }
    }

    /// <summary>The session of the client, which is connected, has the message; or its connection is being ended.</summary>
    /// <param name="ClientId">The client.</param>
    public sealed record Reached(string ClientId) : Answer;

    /// <summary>The client has answered.</summary>
    /// <param name="ClientId">The client.</param>
    /// <param name="Packet">Its answer, as it was published.</param>
    public sealed record Reply(string ClientId, Publish Packet) : Answer;

    /// <summary>The client had the question, and did not answer in <see cref="Request.Timeout"/>.</summary>
    /// <param name="ClientId">The client.</param>
    public sealed record NoReply(string ClientId) : Answer;

    /// <summary>The client has a session and is not connected; nothing was sent.</summary>
    /// <param name="ClientId">The client.</param>
    public sealed record NotConnected(string ClientId) : Answer;

    /// <summary>No node has a session of the client.</summary>
    /// <param name="ClientId">The client.</param>
    public sealed record Unknown(string ClientId) : Answer;

    /// <summary>
    /// The node of the client, or a node that may have it, cannot be reached or did not answer in <c>device-timeout</c>. Whether the client has been reached is not
    /// known.
    /// </summary>
    /// <param name="ClientId">The client.</param>
    public sealed record Unreachable(string ClientId) : Answer;

    /// <summary>Nothing was done.</summary>
    /// <param name="ClientId">The client; empty for <see cref="GetClients"/>.</param>
    /// <param name="Reason">
    /// 0x97 when more than <c>max-device-calls</c> wait, or the client is too far behind; 0x95 when the message is larger than <c>frame-size</c>; 0x90 when its topic
    /// is not a topic name; 0x83 when the client is one of MQTT 3.1 or 3.1.1 and cannot answer.
    /// </param>
    /// <param name="Message">The same, for people to read.</param>
    public sealed record Refused(string ClientId, ReasonCode Reason, string Message) : Answer;

    /// <summary>Some sessions of all nodes.</summary>
    /// <param name="Clients">The sessions, by client identifier in ordinal order.</param>
    /// <param name="Total">How many there are on the nodes that answered, those outside the page included.</param>
    /// <param name="Next">Where the next page begins: <see cref="GetClients.After"/>. Null: this was the last one.</param>
    /// <param name="Missing">The nodes that cannot be reached or did not answer in <c>device-timeout</c>, whose sessions are missing.</param>
    public sealed record ClientPage(MqttList<ListedClient> Clients, int Total, string? Next, MqttList<Address> Missing) : Answer;

    /// <summary>A session in a <see cref="ClientPage"/>.</summary>
    /// <param name="Node">The node that has it.</param>
    /// <param name="Client">The session.</param>
    public sealed record ListedClient(Address Node, ClientInfo Client);
}
