namespace Akka.Mqtt.Server.Routing;

/// <summary>Receives the messages of a parked session that is moving to another node. Thread safe.</summary>
internal interface IMessageTaker
{
    /// <summary>Receives messages.</summary>
    /// <param name="delivery">The messages.</param>
    /// <param name="receipt">Completed when they are safe; null when the publisher does not wait.</param>
    /// <param name="isBehind">
    /// Whether the messages must be accepted. If false, messages of QoS 1 and 2 may be refused; the publisher then sends them again with a
    /// receipt.
    /// </param>
    /// <returns>Whether they were accepted.</returns>
    bool Take(Deliver delivery, Receipt? receipt, bool isBehind);
}
