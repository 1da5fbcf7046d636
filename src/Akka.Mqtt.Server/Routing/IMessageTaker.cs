namespace Akka.Mqtt.Server.Routing;

/// <summary>Takes the messages of a parked session in its place: those of one that another node gets. Thread safe.</summary>
internal interface IMessageTaker
{
    /// <summary>Takes messages.</summary>
    /// <param name="delivery">The messages.</param>
    /// <param name="receipt">Completed when they are safe; null when nobody waits.</param>
    /// <param name="isBehind">Whether they must be taken. If not, messages of QoS 1 and 2 may be refused, and come again with a receipt.</param>
    /// <returns>Whether they were taken.</returns>
    bool Take(Deliver delivery, Receipt? receipt, bool isBehind);
}
