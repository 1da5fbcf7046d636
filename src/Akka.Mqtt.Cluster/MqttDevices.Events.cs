using System.Text;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cluster;

public sealed partial class MqttDevices
{
    /// <summary>
    /// The messages that subscribers of <see cref="Subscribe"/> receive about the clients of all nodes. Events of one node are in order;
    /// events of two nodes may arrive in any order. A subscriber that is more than <c>max-device-events</c> behind misses events, and
    /// <see cref="EventsLost"/> reports how many.
    /// </summary>
    /// <param name="Node">The node where it happened.</param>
    public abstract record Event(Address Node)
    {
        /// <summary>Returns the event as one line; texts that clients have chosen are escaped.</summary>
        /// <returns>A line for a log.</returns>
        public sealed override string ToString()
        {
            var text = new StringBuilder(GetType().Name).Append(" { ");
            PrintMembers(text);
            return LogText.Escape(text.Append(" }").ToString(), 4096);
        }
    }

    /// <summary>A client is connected.</summary>
    /// <param name="Node">The node.</param>
    /// <param name="ClientId">The client.</param>
    /// <param name="Connection">Its connection: address and transport.</param>
    public sealed record Online(Address Node, string ClientId, ClientConnection Connection) : Event(Node);

    /// <summary>The connection of a client has ended.</summary>
    /// <param name="Node">The node.</param>
    /// <param name="ClientId">The client.</param>
    /// <param name="Reason">See <see cref="ClientDisconnected.Reason"/>.</param>
    /// <param name="Message">The same, for people to read.</param>
    public sealed record Offline(Address Node, string ClientId, ReasonCode Reason, string Message) : Event(Node);

    /// <summary>A connection of a client has ended because another one took its session over, on any node: the client is connected.</summary>
    /// <param name="Node">The node of the connection that has ended.</param>
    /// <param name="ClientId">The client.</param>
    public sealed record TakenOver(Address Node, string ClientId) : Event(Node);

    /// <summary>A node has left the cluster, or was removed from it: none of its clients is connected any more. No other events report this.</summary>
    /// <param name="Node">The node.</param>
    public sealed record NodeLost(Address Node) : Event(Node);

    /// <summary>Events were lost because the subscriber, or the connection to it, was too slow. Use <see cref="GetClients"/> to find the connected clients.</summary>
    /// <param name="Node">The node where they happened; the subscriber's own when it was too slow itself.</param>
    /// <param name="Count">How many.</param>
    public sealed record EventsLost(Address Node, long Count) : Event(Node);
}
