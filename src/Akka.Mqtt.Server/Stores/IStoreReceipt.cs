namespace Akka.Mqtt.Server.Stores;

/// <summary>Who waits until a store has made safe what it was given: an acknowledgement leaves behind it.</summary>
internal interface IStoreReceipt
{
    /// <summary>It is safe. Called once, by any thread.</summary>
    void Complete();
}
