using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cluster;

public sealed partial class MqttDevices
{
    /// <summary>The result of a <see cref="Command"/>.</summary>
    public abstract record Answer
    {
        private protected Answer()
        {
        }
    }

    /// <summary>
    /// The client is connected and its session has the message; or, for <see cref="Disconnect"/>, its connection is being closed.
    /// </summary>
    /// <param name="ClientId">The client.</param>
    public sealed record Reached(string ClientId) : Answer;

    /// <summary>The client has answered.</summary>
    /// <param name="ClientId">The client.</param>
    /// <param name="Packet">Its answer, as it was published.</param>
    public sealed record Reply(string ClientId, Publish Packet) : Answer;

    /// <summary>The client received the question, and did not answer within <see cref="Request.Timeout"/>.</summary>
    /// <param name="ClientId">The client.</param>
    public sealed record NoReply(string ClientId) : Answer;

    /// <summary>The client has a session but is not connected; nothing was sent.</summary>
    /// <param name="ClientId">The client.</param>
    public sealed record NotConnected(string ClientId) : Answer;

    /// <summary>No node has a session of the client.</summary>
    /// <param name="ClientId">The client.</param>
    public sealed record Unknown(string ClientId) : Answer;

    /// <summary>
    /// The node of the client, or a node that may have the client, cannot be reached or did not answer within <c>device-timeout</c>. It is
    /// not known whether the client received the command.
    /// </summary>
    /// <param name="ClientId">The client.</param>
    public sealed record Unreachable(string ClientId) : Answer;

    /// <summary>The command was refused, and nothing was done.</summary>
    /// <param name="ClientId">The client; empty for <see cref="GetClients"/>.</param>
    /// <param name="Reason">
    /// 0x97 when more than <c>max-device-calls</c> wait for an answer, or the client is too far behind; 0x95 when the message is larger
    /// than <c>frame-size</c>; 0x90 when its topic is not a topic name; 0x83 when the client uses MQTT 3.1 or 3.1.1 and therefore cannot
    /// answer.
    /// </param>
    /// <param name="Message">The reason as a text for people.</param>
    public sealed record Refused(string ClientId, ReasonCode Reason, string Message) : Answer;

    /// <summary>One page of the sessions of all nodes.</summary>
    /// <param name="Clients">The sessions, ordered by client identifier (ordinal).</param>
    /// <param name="Total">The number of all sessions on the nodes that answered, with those outside the page.</param>
    /// <param name="Next">The value of <see cref="GetClients.After"/> for the next page. Null: this was the last page.</param>
    /// <param name="Missing">
    /// The nodes that cannot be reached or did not answer within <c>device-timeout</c>. Their sessions are missing.
    /// </param>
    public sealed record ClientPage(MqttList<ListedClient> Clients, int Total, string? Next, MqttList<Address> Missing) : Answer;

    /// <summary>A session in a <see cref="ClientPage"/>.</summary>
    /// <param name="Node">The node that has it.</param>
    /// <param name="Client">The session.</param>
    public sealed record ListedClient(Address Node, ClientInfo Client);
}
