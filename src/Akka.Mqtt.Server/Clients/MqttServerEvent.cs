using System.Text;
using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>
/// An event that a server publishes on the event stream of its actor system. Subscribe to this type for all events, or to a derived type
/// for one kind.
/// </summary>
/// <param name="Admin">The <see cref="MqttServer.Admin"/> of the server.</param>
public abstract record MqttServerEvent(IActorRef Admin)
{
    /// <summary>The name of the server that published the event: <see cref="MqttServer.Name"/>.</summary>
    public string ServerName => Admin.Path.Parent.Name;

    /// <summary>Shows the event in one line. Text that clients have chosen is escaped.</summary>
    /// <returns>A line for a log.</returns>
    public sealed override string ToString()
    {
        var text = new StringBuilder(GetType().Name).Append(" { ");
        PrintMembers(text);
        return LogText.Escape(text.Append(" }").ToString(), 4096);
    }
}
