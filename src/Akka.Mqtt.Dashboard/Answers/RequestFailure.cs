namespace Akka.Mqtt.Dashboard.Answers;

/// <summary>Ends the handling of a request.</summary>
internal sealed class RequestFailure(int status, string reason) : Exception(reason)
{
    /// <summary>The status of HTTP.</summary>
    public int Status { get; } = status;
}
