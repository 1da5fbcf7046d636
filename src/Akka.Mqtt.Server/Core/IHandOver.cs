using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Core;

/// <summary>Gives a message of a shared subscription to another member of its group (U-4.8.2-1 v5).</summary>
internal interface IHandOver
{
    /// <summary>Hands the message to another member, if there is one.</summary>
    /// <param name="message">The message; its <see cref="QueuedMessage.Share"/> is the group.</param>
    /// <param name="connectedOnly">Whether only a connected member may get it.</param>
    /// <returns>Whether a member got it.</returns>
    bool TryHandOver(in QueuedMessage message, bool connectedOnly);
}
