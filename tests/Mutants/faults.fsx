// Every fault there is. To add one, add a record to the list of its part of the library.

#load "fault.fsx"
#load "kernelFaults.fsx"
#load "coreFaults.fsx"
#load "blockFaults.fsx"
#load "modelFaults.fsx"
#load "surroundingsFaults.fsx"
#load "integratorFaults.fsx"
#load "ioFaults.fsx"
#load "readingFaults.fsx"
#load "formatFaults.fsx"
#load "facadeFaults.fsx"
#load "chartFaults.fsx"

open Fault

let all: Fault list =
    KernelFaults.all
    @ CoreFaults.all
    @ BlockFaults.all
    @ ModelFaults.all
    @ SurroundingsFaults.all
    @ IntegratorFaults.all
    @ IoFaults.all
    @ ReadingFaults.all
    @ FormatFaults.all
    @ FacadeFaults.all
    @ ChartFaults.all
