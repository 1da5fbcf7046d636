using System.Text;
using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>
/// What a server tells on the event stream of its actor system: subscribe to this type for all of it, or to one below it.
/// </summary>
/// <param name="Admin">The <see cref="MqttServer.Admin"/> of the server.</param>
public abstract record MqttServerEvent(IActorRef Admin)
{
    /// <summary>The name of the server that tells it: <see cref="MqttServer.Name"/>.</summary>
    public string ServerName => Admin.Path.Parent.Name;

    /// <summary>Shows the event in one line; what clients have chosen is escaped.</summary>
    /// <returns>A line for a log.</returns>
    public sealed override string ToString()
    {
        var text = new StringBuilder(GetType().Name).Append(" { ");
        PrintMembers(text);
        return LogText.Escape(text.Append(" }").ToString(), 4096);
    }
}
