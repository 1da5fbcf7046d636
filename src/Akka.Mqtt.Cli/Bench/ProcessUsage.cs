using System.Diagnostics;

namespace Akka.Mqtt.Cli.Bench;

/// <summary>What a process has used so far, where the system tells (Linux: from /proc).</summary>
internal readonly record struct ProcessUsage(TimeSpan Cpu, long ResidentBytes)
{
    /// <summary>Reads it; null when there is no such process or it may not be read.</summary>
    public static ProcessUsage? Read(int? id)
    {
        if (id is not { } known)
            return null;
        try
        {
            using var process = Process.GetProcessById(known);
            return new ProcessUsage(process.TotalProcessorTime, process.WorkingSet64);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or NotSupportedException or System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
