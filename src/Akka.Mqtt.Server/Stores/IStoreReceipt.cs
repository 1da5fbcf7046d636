namespace Akka.Mqtt.Server.Stores;

/// <summary>Completed when a store has made changes safe. Acknowledgements that depend on them are sent afterwards.</summary>
internal interface IStoreReceipt
{
    /// <summary>The changes are safe. Called once, on any thread.</summary>
    void Complete();
}
