using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Core;

/// <summary>Gives a message of a shared subscription to another member of its group (U-4.8.2-1 v5).</summary>
internal interface IHandOver
{
    /// <summary>Looks for another member and hands it the message.</summary>
    /// <param name="message">The message; its <see cref="QueuedMessage.Share"/> is the group.</param>
    /// <param name="connectedOnly">Whether only a connected member is better than the session that has it.</param>
    /// <returns>Whether there was one.</returns>
    bool TryHandOver(in QueuedMessage message, bool connectedOnly);
}
